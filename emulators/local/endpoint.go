package local

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"path/filepath"

	"github.com/InfinityXOneSystems/infinity-matrix/functions"
)

// EndpointFile is the file in the data folder that tells the command line
// where the platform listens and which key this start accepts.
const EndpointFile = "endpoint.json"

// Endpoint is what EndpointFile holds.
type Endpoint struct {
	Gateway string `json:"gateway"` // URL
	Webhook string `json:"webhook"` // URL that GitHub would call
	GitHub  string `json:"github"`  // URL of the fake GitHub
	Key     string `json:"key"`     // API key of this start
	// People holds a key for each person of approvals.yaml, so that one can act
	// as somebody else on one's own machine.
	People map[string]string `json:"people,omitempty"`
	PID    int               `json:"pid"`
}

// endpoint issues the key of this start and writes EndpointFile.
func (h *host) endpoint(ctx context.Context, front net.Addr, github string, m functions.Manifest) (Endpoint, error) {
	key, err := h.issueKey(ctx)
	if err != nil {
		return Endpoint{}, fmt.Errorf("issue the API key of this start: %w", err)
	}
	people, err := h.issuePeople(ctx, key)
	if err != nil {
		return Endpoint{}, err
	}
	e := Endpoint{
		People:  people,
		Gateway: "http://" + front.String(),
		Webhook: "http://" + front.String() + m.Functions["githubwebhook"].Trigger.HTTP,
		GitHub:  github, Key: key, PID: os.Getpid(),
	}
	text, err := json.MarshalIndent(e, "", "  ")
	if err != nil {
		return e, fmt.Errorf("encode the endpoint: %w", err)
	}
	path := filepath.Join(h.cfg.Data, EndpointFile)
	if err := os.WriteFile(path+".new", append(text, '\n'), 0o600); err != nil {
		return e, fmt.Errorf("write %s: %w", path, err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		return e, fmt.Errorf("write %s: %w", path, err)
	}
	return e, nil
}
