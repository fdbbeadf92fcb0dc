package platform

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"

	"github.com/InfinityXOneSystems/infinity-matrix/emulators/local"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/clock"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/github"
	secretfile "github.com/InfinityXOneSystems/infinity-matrix/shared/secret/file"
)

// Platform is the data folder of an `infinity up` whose secrets are known.
type Platform struct {
	Data    string
	Secret  []byte         // of webhooks
	Key     *rsa.PublicKey // the App's
	Private []byte         // the same, PEM
	Webhook string         // URL, once it is up
}

// New makes the secrets in dir/data, before the platform's first start.
func New(ctx context.Context, dir string) (*Platform, error) {
	private, public, err := github.NewKey()
	if err != nil {
		return nil, err
	}
	p := &Platform{Data: filepath.Join(dir, "data"), Secret: []byte("a secret of the benchmark"), Key: public, Private: private}
	if err := os.MkdirAll(p.Data, 0o700); err != nil {
		return nil, err
	}
	secrets, err := secretfile.New(filepath.Join(p.Data, "secrets.json"), clock.Real{})
	if err != nil {
		return nil, err
	}
	for name, value := range map[string][]byte{"github-webhook": p.Secret, "github-app-key": private} {
		if _, err := secrets.Add(ctx, name, value); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// Up runs `infinity up` on the folder; more are further flags.
func (p *Platform) Up(ctx context.Context, binary string, more ...string) (*Process, local.Endpoint, error) {
	args := append([]string{binary, "up", "--data", p.Data, "--port", "0"}, more...)
	process, err := Start(ctx, "Ready in", nil, args...)
	if err != nil {
		return nil, local.Endpoint{}, err
	}
	var e local.Endpoint
	text, err := os.ReadFile(filepath.Join(p.Data, local.EndpointFile))
	if err == nil {
		err = json.Unmarshal(text, &e)
	}
	if err != nil {
		process.Stop()
	}
	return process, e, err
}

// Hook is one webhook as GitHub sends it.
type Hook struct {
	ID, Event string
	Body      []byte
}

// Post sends h, signed, and wants an answer of success.
func (h Hook) Post(ctx context.Context, client *http.Client, url string, secret []byte) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(h.Body))
	if err != nil {
		return err
	}
	mac := hmac.New(sha256.New, secret)
	mac.Write(h.Body)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-Github-Event", h.Event)
	r.Header.Set("X-Github-Delivery", h.ID)
	r.Header.Set("X-Hub-Signature-256", "sha256="+hex.EncodeToString(mac.Sum(nil)))
	answer, err := client.Do(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err == nil && answer.StatusCode/100 != 2 {
		err = fmt.Errorf("webhook %s: %d %s", h.ID, answer.StatusCode, text)
	}
	return err
}

// List reads all pages of a list of the gateway.
func List[T any](ctx context.Context, e local.Endpoint, path string) ([]T, error) {
	var all []T
	for cursor := ""; ; {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, e.Gateway+path+"?limit=200&cursor="+cursor, nil)
		if err != nil {
			return nil, err
		}
		r.Header.Set("Authorization", "Bearer "+e.Key)
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			return nil, err
		}
		var page struct {
			Items []T    `json:"items"`
			Next  string `json:"next"`
		}
		err = json.NewDecoder(answer.Body).Decode(&page)
		_ = answer.Body.Close() // read to its end
		if err != nil || answer.StatusCode != http.StatusOK {
			return nil, fmt.Errorf("GET %s: status %d, %w", path, answer.StatusCode, err)
		}
		all = append(all, page.Items...)
		if cursor = page.Next; cursor == "" {
			return all, nil
		}
	}
}

// FreePort returns a loopback port that was free a moment ago.
func FreePort(ctx context.Context) (string, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	return port, err
}
