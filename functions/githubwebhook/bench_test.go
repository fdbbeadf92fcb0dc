package githubwebhook_test

import (
	"bytes"
	"crypto/hmac"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/functions/githubwebhook"
	blobmemory "github.com/InfinityXOneSystems/infinity-matrix/shared/blob/memory"
	busembedded "github.com/InfinityXOneSystems/infinity-matrix/shared/bus/embedded"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/clock"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/embedded"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/event"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/function"
)

// BenchmarkReceive compares, over loopback HTTP and with the same client, the
// function on the embedded bus, on a bus in memory, and the floor: net/http
// and one HMAC. "cpu-us" is the CPU time of client and server together; the
// floor's holds the client's share. scripts/bench/receive measures the server
// alone, in a process of its own.
func BenchmarkReceive(b *testing.B) {
	handlers := map[string]http.Handler{"floor": http.HandlerFunc(floor), "memory": newWorld(b, nil).handler, "embedded": durable(b)}
	for _, name := range []string{"floor", "memory", "embedded"} {
		server := httptest.NewServer(handlers[name])
		b.Cleanup(server.Close)
		for _, e := range []string{"push", "pull_request"} {
			b.Run(e+"/"+name, func(b *testing.B) { drive(b, server.URL, e, find(b, e).Body) })
		}
	}
}

// BenchmarkSize shows that the cost is linear up to GitHub's limit.
func BenchmarkSize(b *testing.B) {
	w := newWorld(b, func(c *githubwebhook.Config) { c.Inline = 0 })
	server := httptest.NewServer(w.handler)
	b.Cleanup(server.Close)
	for _, mib := range []int{1, 5, 25} {
		body := []byte(`{"repository":{"id":7},"sender":{},"padding":[` + strings.Repeat(`"0123456789abcdef",`, (mib<<20-80)/19) + `""]}`)
		b.Run(strconv.Itoa(mib)+"MiB", func(b *testing.B) {
			b.SetBytes(int64(len(body)))
			drive(b, server.URL, "public", body)
		})
	}
}

func durable(b *testing.B) http.Handler {
	b.Helper()
	db, err := embedded.Open(b.TempDir(), embedded.Options{})
	if err != nil {
		b.Fatal(err)
	}
	events, err := busembedded.New(db, busembedded.Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := events.Close(); err != nil {
			b.Error(err)
		}
		if err := db.Close(); err != nil {
			b.Error(err)
		}
	})
	w := newWorld(b, nil)
	h, err := githubwebhook.New(
		githubwebhook.Config{MaxBody: 25 << 20, Topic: event.TopicGitHub, Inline: 9_000_000, Secret: "github-webhook"},
		githubwebhook.Deps{Publisher: events, Blobs: blobmemory.New(clock.Real{}), Secrets: w.secrets, Clock: clock.Real{}})
	if err != nil {
		b.Fatal(err)
	}
	return function.Harness(h, nil)
}

func floor(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil || !hmac.Equal([]byte(sign("new secret", body)), []byte(r.Header.Get("X-Hub-Signature-256"))) {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	w.WriteHeader(http.StatusAccepted)
}

func drive(b *testing.B, url, name string, body []byte) {
	b.Helper()
	header := request(name, body).Header
	b.SetParallelism(4)
	b.ReportAllocs()
	before := cpu(b)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			r, err := http.NewRequestWithContext(b.Context(), http.MethodPost, url, bytes.NewReader(body))
			if err != nil {
				b.Error(err)
				return
			}
			r.Header = header
			answer, err := http.DefaultClient.Do(r)
			if err != nil {
				b.Error(err)
				return
			}
			if text, err := io.ReadAll(answer.Body); answer.StatusCode != http.StatusAccepted || err != nil {
				b.Errorf("%d %s %v", answer.StatusCode, text, err)
			}
			answer.Body.Close()
		}
	})
	b.ReportMetric(float64((cpu(b)-before).Microseconds())/float64(b.N), "cpu-us/op")
}

func cpu(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
