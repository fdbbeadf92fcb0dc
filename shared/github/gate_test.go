package github_test

import (
	"fmt"
	"io"
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
)

// While GitHub says "wait", nothing is sent, under no token of the
// installation; afterwards it is.
func TestNoCallWhileLimited(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		status  int
		headers map[string]string
		reset   time.Duration // x-ratelimit-reset from now, 0: none
		body    string
		wait    time.Duration
	}{
		"retry-after":        {status: 403, headers: map[string]string{"Retry-After": "30"}, wait: 30 * time.Second},
		"429":                {status: 429, wait: time.Minute},
		"429 with after":     {status: 429, headers: map[string]string{"Retry-After": "7"}, wait: 7 * time.Second},
		"primary":            {status: 403, headers: map[string]string{"X-Ratelimit-Remaining": "0"}, reset: 20 * time.Minute, wait: 20 * time.Minute},
		"primary, clock off": {status: 403, headers: map[string]string{"X-Ratelimit-Remaining": "0"}, reset: -time.Hour, wait: time.Second},
		"secondary":          {status: 403, body: `{"message":"You have exceeded a secondary rate limit"}`, wait: time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &server{}
			c := s.start(t)
			s.api = func(w http.ResponseWriter, r *http.Request) {
				if s.calls.Load() > 1 {
					ok(w, r)
					return
				}
				for k, v := range tc.headers {
					w.Header().Set(k, v)
				}
				if tc.reset != 0 {
					w.Header().Set("X-Ratelimit-Reset", strconv.FormatInt(s.clock.Now().Add(tc.reset).Unix(), 10))
				}
				w.WriteHeader(tc.status)
				_, _ = io.WriteString(w, tc.body)
			}
			other := scope
			other.Permissions = map[string]string{"checks": "write"}
			for i := range 3 {
				err := label(t, c, scope)
				if i == 2 {
					err = label(t, c, other)
				}
				if _, wait := fault.Public(err); !fault.Is(err, fault.Exhausted) || wait != tc.wait {
					t.Fatalf("call %d: got %v, wait %s, want %s", i, err, wait, tc.wait)
				}
			}
			if n := s.calls.Load(); n != 1 {
				t.Fatalf("%d calls while limited, want 1", n)
			}
			s.clock.Advance(tc.wait)
			if err := label(t, c, other); err != nil {
				t.Fatal(err)
			}
		})
	}
}

func TestLastCallOfTheHourIsServed(t *testing.T) {
	t.Parallel()
	s := &server{}
	c := s.start(t)
	s.api = func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Ratelimit-Remaining", "0")
		w.Header().Set("X-Ratelimit-Resource", "core")
		w.Header().Set("X-Ratelimit-Reset", strconv.FormatInt(s.clock.Now().Add(time.Minute).Unix(), 10))
		ok(w, r)
	}
	if err := label(t, c, scope); err != nil {
		t.Fatal(err)
	}
	if err := label(t, c, scope); !fault.Is(err, fault.Exhausted) || s.calls.Load() != 1 {
		t.Errorf("got %v after %d calls", err, s.calls.Load())
	}
}

func TestFaultKinds(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		status int
		body   string
		want   fault.Kind
	}{
		{403, `{"message":"Resource not accessible by integration"}`, fault.Forbidden},
		{404, `{}`, fault.NotFound},
		{405, `{}`, fault.Conflict},
		{409, `{}`, fault.Conflict},
		{410, `{}`, fault.NotFound},
		{412, `{}`, fault.Conflict},
		{422, `{"message":"Validation Failed"}`, fault.Invalid},
		{422, `{"message":"Validation Failed","errors":[{"code":"already_exists"}]}`, fault.Conflict},
		{422, `{"message":"expected head sha didn't match current head ref."}`, fault.Conflict},
		{451, `{}`, fault.Forbidden},
		{400, `{}`, fault.Invalid},
		{500, `no json`, fault.Unavailable},
		{503, ``, fault.Unavailable},
		{200, `[{"name":"bu`, fault.Unavailable},
	} {
		t.Run(fmt.Sprint(tc.status, tc.body), func(t *testing.T) {
			t.Parallel()
			s := &server{api: func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(tc.status)
				_, _ = io.WriteString(w, tc.body)
			}}
			c := s.start(t)
			for range 2 { // the second is sent too: none of these is a limit
				if got := fault.KindOf(label(t, c, scope)); got != tc.want {
					t.Errorf("got %s, want %s", got, tc.want)
				}
			}
			if n := s.calls.Load(); n != 2 {
				t.Errorf("%d calls, want 2", n)
			}
		})
	}
}

func TestConnectionLostIsUnavailable(t *testing.T) {
	t.Parallel()
	s := &server{api: func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }}
	if err := label(t, s.start(t), scope); !fault.Is(err, fault.Unavailable) {
		t.Errorf("got %v", err)
	}
}
