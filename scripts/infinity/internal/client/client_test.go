package client_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/InfinityXOneSystems/infinity-matrix/scripts/infinity/internal/client"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
)

// serve returns a client of a server that answers every request by h.
func serve(t *testing.T, h http.HandlerFunc) *client.Client {
	t.Helper()
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	c, err := client.New(srv.URL+"/", "im_key")
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestErrorsAreSentences(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		status int
		body   string
		kind   fault.Kind
		says   string
	}{
		"problem":    {400, `{"detail":"no","errors":[{"message":"too big","location":"query.limit"}]}`, fault.Invalid, "no; query.limit: too big"},
		"not found":  {404, `{"detail":"there is no x"}`, fault.NotFound, "there is no x"},
		"no problem": {502, `<html>`, "", "the server answered 502 Bad Gateway"},
		"redirect":   {302, "", "", "the server answered 302 Found"},
		"no JSON":    {200, `<html>`, fault.Unavailable, "is it Infinity-Matrix"},
	} {
		cl := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "/elsewhere")
			w.WriteHeader(c.status)
			_, _ = io.WriteString(w, c.body)
		})
		var out struct{}
		err := cl.Get(t.Context(), "/x", nil, &out)
		if fault.KindOf(err) != c.kind || !strings.Contains(fmt.Sprint(err), c.says) {
			t.Errorf("%s: %v (%s), want %s", name, err, fault.KindOf(err), c.says)
		}
	}
}

func TestRequestCarriesKeyAndBody(t *testing.T) {
	t.Parallel()
	var got []string
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got = append(got, r.Method, r.URL.String(), r.Header.Get("Authorization"), r.Header.Get("Content-Type"), string(body))
		_, _ = io.WriteString(w, "{}")
	})
	if err := c.Post(t.Context(), "/x/%2F", map[string]int{"a": 1}, nil); err != nil {
		t.Fatal(err)
	}
	want := []string{"POST", "/x/%2F", "Bearer im_key", "application/json", `{"a":1}`}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestNewRefusesWhatIsNoAddress(t *testing.T) {
	t.Parallel()
	for _, base := range []string{"", "localhost:80", "ftp://h", "http://", "::"} {
		if _, err := client.New(base, ""); !fault.Is(err, fault.Invalid) {
			t.Errorf("%q: %v", base, err)
		}
	}
}

func TestStream(t *testing.T) {
	t.Parallel()
	c := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, ": hello\n\ndata: 1\n\n: alive\n\ndata: 2\n\n")
	})
	var got []string
	var end error
	for data, err := range c.Stream(t.Context(), "/x", nil) {
		if err != nil {
			end = err
			break
		}
		got = append(got, string(data))
	}
	if diff := cmp.Diff([]string{"1", "2"}, got); diff != "" {
		t.Error(diff)
	}
	if !fault.Is(end, fault.Unavailable) {
		t.Errorf("a stream that the server ends gave %v", end)
	}
}

func TestStreamEndsWithItsContext(t *testing.T) {
	t.Parallel()
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, "data: 1\n\n")
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	n := 0
	for _, err := range c.Stream(ctx, "/x", nil) {
		if err != nil {
			t.Fatalf("after Ctrl-C: %v", err)
		}
		n++
		cancel()
	}
	if n != 1 {
		t.Errorf("%d events, want 1", n)
	}
}
