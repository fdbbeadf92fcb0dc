package local_test

import (
	"net/http"
	"path/filepath"
	"strings"
	"testing"
)

// TestS32NoWebPageReachesThePlatform is abuse case S32 on every port of
// `infinity up`: a rebound name, and a request of another site's page.
// Cases S6 beside it: no header is held beyond what GitHub sends.
func TestS32NoWebPageReachesThePlatform(t *testing.T) {
	t.Parallel()
	info, _ := start(t, filepath.Join("..", "..", ".infinity"))
	for name, c := range map[string]struct {
		url, host, origin, padding string
		want                       int
	}{
		"gateway":              {url: info.Gateway + "/v1/healthz", want: 200},
		"gateway, rebound":     {url: info.Gateway + "/v1/healthz", host: "evil.example", want: 403},
		"gateway, other site":  {url: info.Gateway + "/v1/healthz", origin: "http://evil.example", want: 403},
		"fake":                 {url: info.GitHub + "/_emulator/effects", want: 200},
		"fake, rebound":        {url: info.GitHub + "/_emulator/effects", host: "evil.example", want: 403},
		"fake, other site":     {url: info.GitHub + "/_emulator/effects", origin: "http://evil.example", want: 403},
		"S6 gateway, headers":  {url: info.Gateway + "/v1/healthz", padding: strings.Repeat("x", 128<<10), want: 431},
		"S6 fake, headers":     {url: info.GitHub + "/_emulator/effects", padding: strings.Repeat("x", 128<<10), want: 431},
		"API without this key": {url: info.Gateway + "/v1/events", want: 401},
	} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, c.url, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Host = c.host
		for k, v := range map[string]string{"Origin": c.origin, "X-Padding": c.padding} {
			if v != "" {
				r.Header.Set(k, v)
			}
		}
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if err := answer.Body.Close(); err != nil || answer.StatusCode != c.want {
			t.Errorf("%s: %d, want %d", name, answer.StatusCode, c.want)
		}
	}
}
