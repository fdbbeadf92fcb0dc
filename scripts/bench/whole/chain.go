package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"

	"github.com/bradleyfalzon/ghinstallation/v2"

	"github.com/InfinityXOneSystems/infinity-matrix/scripts/bench/whole/platform"
)

// startChain starts the Node chain with a token of the installation.
func startChain(ctx context.Context, c config, w *world, p *platform.Platform, rules string) (*contestant, error) {
	token, err := w.token(ctx, p)
	if err != nil {
		return nil, err
	}
	port, err := platform.FreePort(ctx)
	if err != nil {
		return nil, err
	}
	env := []string{
		"PORT=" + port, "SECRET=" + string(p.Secret), "TOKEN=" + token,
		"GITHUB=" + w.api.URL, "RULES=" + rules, "NODE_ENV=production",
	}
	process, err := platform.Start(ctx, "ready", env, "node", filepath.Join(c.node, "chain.mjs"))
	if err != nil {
		return nil, err
	}
	return &contestant{name: "Node chain", process: process, webhook: "http://127.0.0.1:" + port + "/", secret: p.Secret}, nil
}

// token makes one, as the platform does, so that both ask the fake the same.
func (w *world) token(ctx context.Context, p *platform.Platform) (string, error) {
	jobs, err := w.occur(ctx, 1)
	if err != nil {
		return "", err
	}
	var body struct {
		Installation struct {
			ID int64 `json:"id"`
		} `json:"installation"`
	}
	if err := json.Unmarshal(jobs[0].hook.Body, &body); err != nil {
		return "", err
	}
	tokens, err := ghinstallation.New(http.DefaultTransport, 1, body.Installation.ID, p.Private)
	if err != nil {
		return "", fmt.Errorf("sign as the App: %w", err)
	}
	tokens.BaseURL = w.api.URL
	return tokens.Token(ctx)
}
