package github

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // GitHub still sends it
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"net/http"
	"strconv"
	"time"
)

// deliveryTimeout is how long GitHub waits for an answer.
const deliveryTimeout = 10 * time.Second

// maxResponse is how much of an answer is kept.
const maxResponse = 64 << 10

// request makes the POST that GitHub sends.
// https://docs.github.com/webhooks/webhook-events-and-payloads#delivery-headers
func (s *Server) request(ctx context.Context, o outgoing) (*http.Request, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.cfg.WebhookURL, bytes.NewReader(o.body))
	if err != nil {
		return nil, fmt.Errorf("make the webhook's request: %w", err)
	}
	for name, value := range map[string]string{
		"Accept": "*/*", "Content-Type": "application/json", "User-Agent": "GitHub-Hookshot/0000000",
		"X-GitHub-Event": o.event, "X-GitHub-Delivery": o.guid, "X-GitHub-Hook-ID": strconv.Itoa(hookID),
		"X-GitHub-Hook-Installation-Target-Type": "integration",
		"X-GitHub-Hook-Installation-Target-ID":   strconv.FormatInt(s.cfg.AppID, 10),
		"X-Hub-Signature":                        "sha1=" + sign(sha1.New, s.cfg.Secret, o.body),
		"X-Hub-Signature-256":                    "sha256=" + sign(sha256.New, s.cfg.Secret, o.body),
	} {
		req.Header.Set(name, value)
	}
	return req, nil
}

func sign(hash func() hash.Hash, secret, body []byte) string {
	mac := hmac.New(hash, secret)
	mac.Write(body)
	return hex.EncodeToString(mac.Sum(nil))
}

// post sends; a status of 0 means that no answer came.
func (s *Server) post(req *http.Request) (status int, header http.Header, body string) {
	resp, err := s.client.Do(req)
	if err != nil {
		return 0, nil, err.Error()
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(resp.Body, maxResponse))
	if err != nil {
		return 0, nil, err.Error()
	}
	return resp.StatusCode, resp.Header, string(raw)
}
