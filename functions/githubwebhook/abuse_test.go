package githubwebhook_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/InfinityXOneSystems/infinity-matrix/functions/githubwebhook"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/function"
)

// TestSaysWhichAttributeCannotBe is a repository's name that would steer a
// terminal: the answer says what is wrong, and quotes nothing of it.
func TestSaysWhichAttributeCannotBe(t *testing.T) {
	t.Parallel()
	body := []byte(`{"action":"opened","issue":{},"repository":{"full_name":"a\u001b[2J/b"},"sender":{}}`)
	got := newWorld(t, nil).do(request("issues", body))
	if got.Code != http.StatusBadRequest || !strings.Contains(got.Body.String(), "repository is over 1,024 bytes or not printable") || strings.Contains(got.Body.String(), "2J") {
		t.Errorf("%d %s", got.Code, got.Body)
	}
}

func TestS1RefusalsOfSignaturesAreAlike(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	var bodies []string
	for _, signature := range []string{"", "sha1=00", sign("guess", nil)} {
		r := request("push", []byte("not even JSON"))
		r.Header.Set("X-Hub-Signature-256", signature)
		r.Header.Set("Traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
		bodies = append(bodies, w.do(r).Body.String())
	}
	if bodies[0] != bodies[1] || bodies[1] != bodies[2] {
		t.Errorf("the answers tell what is wrong: %q", bodies)
	}
}

func TestS1Rotation(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	push := find(t, "push").Body
	try := func(key string) int {
		r := request("push", push)
		r.Header.Set("X-Hub-Signature-256", sign(key, push))
		return w.do(r).Code
	}
	if got := []int{try("old secret"), try("new secret")}; !cmp.Equal(got, []int{202, 202}) {
		t.Errorf("both valid: %v", got)
	}
	versions, err := w.secrets.Versions(t.Context(), "github-webhook")
	if err != nil {
		t.Fatal(err)
	}
	if err := w.secrets.Disable(t.Context(), "github-webhook", versions[1].ID); err != nil {
		t.Fatal(err)
	}
	w.clock.Advance(6 * time.Second)
	if got := []int{try("old secret"), try("new secret")}; !cmp.Equal(got, []int{401, 202}) {
		t.Errorf("after the old one was disabled: %v", got)
	}
}

func TestS1NoSecretValidatesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *githubwebhook.Config) { c.Secret = "not-set" })
	r := request("push", []byte("{}"))
	r.Header.Set("X-Hub-Signature-256", sign("", []byte("{}")))
	if got := w.do(r); got.Code != http.StatusUnauthorized {
		t.Errorf("got %d", got.Code)
	}
}

// TestS3ParallelGiants: 50 endless bodies of 25 MiB + 1 add little memory.
func TestS3ParallelGiants(t *testing.T) { //nolint:paralleltest // it measures the process's memory
	if testing.Short() {
		t.Skip("sends 1.3 GB over loopback")
	}
	w := newWorld(t, nil)
	address := serve(t, w, function.ServeConfig{Read: time.Minute})
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	var group sync.WaitGroup
	for range 50 {
		group.Go(func() {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+address+"/", io.MultiReader(io.LimitReader(zeros{}, 25<<20+1)))
			if err != nil {
				t.Error(err)
				return
			}
			r.Header = request("push", nil).Header
			answer, err := http.DefaultClient.Do(r)
			if err != nil {
				return // the server closed before all was sent
			}
			defer answer.Body.Close()
			if answer.StatusCode != http.StatusRequestEntityTooLarge {
				t.Errorf("got %d", answer.StatusCode)
			}
		})
	}
	group.Wait()
	runtime.ReadMemStats(&after)
	if grown := int64(after.Sys) - int64(before.Sys); grown > 64<<20 {
		t.Errorf("memory grew by %d MiB, want at most 64", grown>>20)
	}
	if len(w.bus.messages) != 0 {
		t.Error("something was published")
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

func TestS6SlowClientsAreCut(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	address := serve(t, w, function.ServeConfig{ReadHeader: 50 * time.Millisecond, Read: 100 * time.Millisecond})
	for name, text := range map[string]string{
		"header": "POST / HTTP/1.1\r\nHost: x\r\nX-",
		"body": fmt.Sprintf("POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nX-Hub-Signature-256: %s\r\nContent-Length: 100\r\n\r\n{",
			sign("x", nil)),
	} {
		connection, err := new(net.Dialer).DialContext(t.Context(), "tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { connection.Close() }) //nolint:errcheck // the server closed it
		if err := connection.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(connection, text); err != nil {
			t.Fatal(err)
		}
		answer, err := io.ReadAll(connection) // until the server closes
		if err != nil {
			t.Errorf("slow %s: the server did not close: %v", name, err)
		}
		if name == "body" && !strings.HasPrefix(string(answer), "HTTP/1.1 400") {
			t.Errorf("slow body: %q", answer)
		}
	}
}

func FuzzReceive(f *testing.F) {
	w := newWorld(f, nil)
	f.Add("push", delivery, []byte(find(f, "push").Body))
	f.Add("ping", "x", []byte(`{"zen":1,"hook_id":2}`))
	f.Fuzz(func(t *testing.T, name, id string, body []byte) {
		r := request("", body)
		r.Header["X-Github-Event"], r.Header["X-Github-Delivery"] = []string{name}, []string{id}
		if got := w.do(r).Code; got != http.StatusAccepted && got != http.StatusBadRequest {
			t.Errorf("%q: %d", body, got)
		}
	})
}
