package local

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/approval"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/audit/transparency"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/auth"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/github"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/secret"
)

// Names of the secrets, as functions.yaml has them.
const (
	secretWebhook = "github-webhook"    //nolint:gosec // a name
	secretAppKey  = "github-app-key"    //nolint:gosec // a name
	secretLogKey  = "audit-log-key"     //nolint:gosec // a name
	secretLinkKey = "approval-link-key" //nolint:gosec // a name
)

// appID is the App's id on the fake GitHub.
const appID = 1

// keyName is whose the key of a start is.
const keyName = "local"

// issueKey makes the key of this start; the keys of earlier starts end.
func (h *host) issueKey(ctx context.Context) (string, error) {
	keys := auth.Keys{Store: h.Store, Clock: h.Clock}
	if err := keys.Revoke(ctx, keyName, "system:up"); err != nil {
		return "", err
	}
	return keys.Issue(ctx, keyName, auth.Admin, 7*24*time.Hour, "system:up")
}

// issuePeople makes a key of this start for each person of approvals.yaml; the
// person who owns own, the start's own key, has that.
func (h *host) issuePeople(ctx context.Context, own string) (map[string]string, error) {
	config, err := approval.Load(os.DirFS(h.cfg.Policies))
	if err != nil || config == nil { // nobody is known; the functions say so
		return nil, nil //nolint:nilerr // fails closed where answers are taken
	}
	keys := auth.Keys{Store: h.Store, Clock: h.Clock}
	people := map[string]string{}
	for name, p := range config.People {
		if slices.Contains(p.Keys, keyName) {
			people[name] = own
			continue
		}
		if len(p.Keys) == 0 {
			continue
		}
		if err := keys.Revoke(ctx, p.Keys[0], "system:up"); err != nil {
			return nil, err
		}
		if people[name], err = keys.Issue(ctx, p.Keys[0], auth.Editor, 7*24*time.Hour, "system:up"); err != nil {
			return nil, err
		}
	}
	return people, nil
}

// secret returns the newest version of name, made by create if there is none.
func (h *host) secret(ctx context.Context, name string, create func() ([]byte, error)) ([]byte, error) {
	versions, err := h.Secrets.Versions(ctx, name)
	if err == nil {
		return versions[0].Value, nil
	}
	if !errors.Is(err, secret.ErrNotFound) {
		return nil, fmt.Errorf("read secret %s: %w", name, err)
	}
	value, err := create()
	if err != nil {
		return nil, fmt.Errorf("make secret %s: %w", name, err)
	}
	if _, err := h.Secrets.Add(ctx, name, value); err != nil {
		return nil, fmt.Errorf("keep secret %s: %w", name, err)
	}
	return value, nil
}

// newLinkKey makes the key of the links by which people answer.
func newLinkKey() ([]byte, error) {
	key := make([]byte, 32)
	_, _ = rand.Read(key) // never fails since Go 1.24
	return key, nil
}

func newWebhookSecret() ([]byte, error) {
	var chance [32]byte
	_, _ = rand.Read(chance[:]) // never fails since Go 1.24
	return []byte(hex.EncodeToString(chance[:])), nil
}

// newLogKey makes the audit log's key, under the log's name.
func newLogKey() ([]byte, error) { return transparency.NewKey("infinity-matrix.local/audit") }

func newAppKey() ([]byte, error) {
	key, _, err := github.NewKey()
	return key, err
}

// publicKey returns the public half of a PEM key.
func publicKey(private []byte) (*rsa.PublicKey, error) {
	block, _ := pem.Decode(private)
	if block == nil {
		return nil, errors.New("read the App's key: it is no PEM")
	}
	key, err := x509.ParsePKCS1PrivateKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("read the App's key: %w", err)
	}
	return &key.PublicKey, nil
}
