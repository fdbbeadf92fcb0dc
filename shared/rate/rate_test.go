package rate_test

import (
	"regexp"
	"testing"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/rate"
)

func TestParse(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"2/1h": "2/1h", "1/24h": "1/24h", "3/90m": "3/1h30m", "1000/2160h": "1000/2160h", "5/30s": "5/30s", "1/1h0m1s": "1/1h0m1s", "1/10m": "1/10m",
	} {
		r, message, _ := rate.Parse(text)
		if got := r.String(); got != want || message != "" {
			t.Errorf("%s is read as %s, %q; want %s", text, got, message, want)
		}
	}
	for _, text := range []string{"", "2", "2/h", "0/1h", "2/0s", "1001/1h", "1/2161h", "-1/1h", "2/1d", "02/1h", "99999999999999999999/1h", " 2/1h"} {
		if r, message, hint := rate.Parse(text); message == "" || hint == "" {
			t.Errorf("%q is read as %s", text, r)
		}
	}
}

func TestWords(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"1/24h": "at most once in 24 h", "20/1h": "at most 20 times in 1 h", "2/90m": "at most 2 times in 90 min",
		"1/45s": "at most once in 45 s", "3/1500ms": "at most 3 times in 1.5s",
	} {
		if r, _, _ := rate.Parse(text); r.Words() != want {
			t.Errorf("%s is %q, want %q", text, r.Words(), want)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"2/1h", "1000/2160h", "0/1h", "1/1h1m1s1ms", "1/1ms", "9/2161h"} {
		f.Add(s)
	}
	pattern := regexp.MustCompile(rate.Pattern)
	f.Fuzz(func(t *testing.T, text string) {
		r, message, _ := rate.Parse(text)
		if message != "" {
			return
		}
		if !pattern.MatchString(text) {
			t.Errorf("%q is a rate, but not to the schema", text)
		}
		if again, message, _ := rate.Parse(r.String()); message != "" || again != r {
			t.Errorf("%q is printed as %s, which is read as %v, %q", text, r, again, message)
		}
		if r.N < 1 || r.Per <= 0 || r.Per > 2160*time.Hour {
			t.Errorf("%q is %v", text, r)
		}
	})
}
