package github_test

import (
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/clock"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/github"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/secret"
)

// What Split takes is exactly two steps of a path, and nothing else in a URL.
func FuzzSplit(f *testing.F) {
	for _, s := range []string{"o/r", "o/.github", "a-b_c/d.e", "o/r/x", "o/..", "./r", "o/r?x", "o/%2e%2e", "o/r\n", "", "/", "ö/r"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		owner, repo, err := github.Split(s)
		if err != nil {
			if !fault.Is(err, fault.Invalid) || owner != "" || repo != "" {
				t.Errorf("%q: %q, %q, %v", s, owner, repo, err)
			}
			return
		}
		if owner+"/"+repo != s {
			t.Errorf("%q became %q and %q", s, owner, repo)
		}
		u, err := url.Parse("http://h/repos/" + s + "/issues")
		if err != nil || u.RawQuery != "" || u.Fragment != "" || u.JoinPath().Path != "/repos/"+s+"/issues" || strings.Count(s, "/") != 1 {
			t.Errorf("%q is another path: %v, %v", s, u, err)
		}
	})
}

// A secret that is no key makes no token, no panic and no quote of itself.
func FuzzPrivateKey(f *testing.F) {
	f.Add([]byte("no key"))
	f.Add([]byte("-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----\n"))
	f.Add([]byte("-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIGJiYmJiYmJiYmJiYmJiYmJiYmJiYmJiYmJiYmJiYmI\n-----END PRIVATE KEY-----\n"))
	f.Add([]byte(appKey()[:len(appKey())/2]))
	f.Add([]byte(appKey()))
	srv := httptest.NewServer(&server{api: ok})
	f.Cleanup(srv.Close)
	cfg := github.Config{AppID: 1, KeySecret: "key", BaseURL: srv.URL, Timeout: time.Minute}
	f.Fuzz(func(t *testing.T, text []byte) {
		c, err := github.New(cfg, github.Deps{Secrets: keys{secret.Value(text)}, Clock: clock.Real{}})
		if err != nil {
			t.Fatal(err)
		}
		err = label(t, c, scope)
		if err == nil {
			return // it is a key
		}
		if !fault.Is(err, fault.Unavailable) || (len(text) > 40 && strings.Contains(err.Error(), string(text))) {
			t.Errorf("got %v", err)
		}
	})
}
