package main

import (
	"bufio"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestMain makes the test binary the command itself, for the kill test.
func TestMain(m *testing.M) {
	if os.Getenv("FAKE_GITHUB") == "1" {
		main()
		return
	}
	os.Exit(m.Run())
}

// start runs the command and returns its URL and how to kill it.
func start(t *testing.T, args ...string) (string, func()) {
	t.Helper()
	cmd := exec.CommandContext(context.WithoutCancel(t.Context()), os.Args[0], args...)
	cmd.Env = append(os.Environ(), "FAKE_GITHUB=1")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	kill := func() { _ = cmd.Process.Kill(); _ = cmd.Wait() }
	t.Cleanup(kill)
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(line), kill
}

func writeKey(t *testing.T) string {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "key.pem")
	raw := pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)})
	if err := os.WriteFile(path, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestSurvivesKill kills the process with SIGKILL after it answered: what it
// answered is still there.
func TestSurvivesKill(t *testing.T) {
	t.Parallel()
	key, journal := writeKey(t), filepath.Join(t.TempDir(), "journal.jsonl")
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte("hush"), 0o600); err != nil {
		t.Fatal(err)
	}
	args := []string{"-journal", journal, "-app-key-file", key, "-webhook-url", "http://127.0.0.1:1/", "-secret-file", secret}
	for want := range 3 {
		url, kill := start(t, args...)
		resp, err := http.Post(url+"/_emulator/deliver", "application/json", strings.NewReader(`{"name":"issues.opened"}`))
		if err != nil {
			t.Fatal(err)
		}
		var d struct {
			Delivery string `json:"delivery"`
			Status   *int   `json:"status"`
		}
		if err := json.NewDecoder(resp.Body).Decode(&d); err != nil || resp.StatusCode != http.StatusOK || d.Delivery == "" || d.Status == nil || *d.Status != 0 {
			t.Fatalf("deliver: %d %+v %v", resp.StatusCode, d, err)
		}
		kill()
		raw, err := os.ReadFile(journal)
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Count(string(raw), `{"in":"deliveries"`); got != want+1 {
			t.Errorf("start %d: %d deliveries are kept", want, got)
		}
	}
}

func TestRefuses(t *testing.T) {
	t.Parallel()
	empty := filepath.Join(t.TempDir(), "empty")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, args := range map[string][]string{
		"no key":         nil,
		"no PEM":         {"-app-key-file", empty},
		"not loopback":   {"-app-key-file", writeKey(t), "-addr", "0.0.0.0:0"},
		"no secret":      {"-app-key-file", writeKey(t), "-webhook-url", "http://127.0.0.1:1/"},
		"no secret file": {"-app-key-file", writeKey(t), "-secret-file", empty + "x"},
		"a bad flag":     {"-such"},
	} {
		if err := run(t.Context(), args, os.Stderr); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}
