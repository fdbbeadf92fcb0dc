package github_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	fake "github.com/InfinityXOneSystems/infinity-matrix/emulators/github"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/action"
	actions "github.com/InfinityXOneSystems/infinity-matrix/shared/action/github"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/clock"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/control"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/execution"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/github"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store/memory"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/task"
)

// bubble is a platform and a fake GitHub on the virtual clock of a bubble of
// testing/synctest, with workers that run at once and a network that takes its
// time.
type bubble struct {
	*platform
	tasks   sync.WaitGroup
	slots   chan struct{}       // workers
	runners []*execution.Runner // the instances, if there are several

	mu    sync.Mutex
	turn  int
	named map[string]bool // tasks
	calls []request
	slow  func() time.Duration // a request takes
	down  bool                 // GitHub cannot be reached
	seen  map[string]bool      // the tokens that were used
	dead  map[string]bool      // those that GitHub takes no longer
}

// latency says how long a request takes, at most.
func (b *bubble) latency(seed uint64, most time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	dice := rand.New(rand.NewPCG(seed, 1))
	b.slow = func() time.Duration { return time.Duration(dice.Int64N(int64(most))) }
}

// takes says how long each request takes.
func (b *bubble) takes(d time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.slow = func() time.Duration { return d }
}

// kill ends all tokens that were made so far.
func (b *bubble) kill() {
	b.mu.Lock()
	defer b.mu.Unlock()
	maps.Copy(b.dead, b.seen)
}

// request is one that reached GitHub.
type request struct {
	at, back     time.Time // when it left, and when the answer was there
	method, path string
	status       int
	wait         time.Duration // Retry-After
}

// changes reports whether r asked for a change.
func (r request) changes() bool { return r.method != http.MethodGet && !r.apps() }

// apps reports whether r was signed by the App itself.
func (r request) apps() bool { return strings.HasSuffix(r.path, "/access_tokens") || r.path == "/app" }

// newBubble makes one with that many workers, within a bubble.
func newBubble(t *testing.T, limits fake.Limits, workers int) *bubble {
	t.Helper()
	b := &bubble{slots: make(chan struct{}, workers), named: map[string]bool{}, seen: map[string]bool{}, dead: map[string]bool{}}
	b.slow = func() time.Duration { return 0 }
	h := &hub{}
	var err error
	h.Server, err = fake.New(fake.Config{
		AppID: appID, AppKey: key().public, Secret: []byte("hush"), WebhookURL: "http://127.0.0.1/hook", Limits: limits,
		Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
			h.told, _ = io.ReadAll(r.Body)
			return &http.Response{StatusCode: http.StatusAccepted, Body: http.NoBody, Request: r}, nil
		}),
	})
	check(t, err)
	t.Cleanup(func() { check(t, h.Close()) })
	b.platform = &platform{hub: h}
	schema, err := store.DefaultSchema()
	check(t, err)
	b.store = memory.New(memory.Options{Schema: schema, Clock: clock.Real{}})
	b.machine = execution.NewMachine(execution.Deps{
		Store: b.store, Clock: clock.Real{}, Gates: []execution.Gate{control.Gate}, Holds: []execution.Gate{control.Gate},
		UndoGates: []execution.Gate{control.UndoGate}, Brakes: control.Brakes{},
	})
	b.runner, b.clients = b.worker(t, 0)
	return b
}

// worker is an instance that keeps to its part of GitHub's limits, shared by so
// many; 0 keeps to none.
func (b *bubble) worker(t *testing.T, instances int) (*execution.Runner, *github.Clients) {
	t.Helper()
	clients, err := github.New(
		github.Config{AppID: appID, Slug: "infinity-matrix", KeySecret: "key", BaseURL: "http://127.0.0.1", Timeout: 10 * time.Second, Instances: instances},
		github.Deps{Secrets: key(), Clock: clock.Real{}, Transport: roundTripper(b.roundTrip)},
	)
	check(t, err)
	registry, err := action.NewRegistry(actions.New(clients)...)
	check(t, err)
	return &execution.Runner{
		Machine: b.machine, Actions: registry, Tasks: b, Live: func(int64) bool { return true },
		Clock: clock.Real{}, Log: slog.New(slog.DiscardHandler), Owner: "worker",
	}, clients
}

// share puts so many instances in the place of the one.
func (b *bubble) share(t *testing.T, instances int) {
	t.Helper()
	for range instances {
		w, _ := b.worker(t, instances)
		b.runners = append(b.runners, w)
	}
}

// next is the instance that gets the next task.
func (b *bubble) next() *execution.Runner {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.runners) == 0 {
		return b.runner
	}
	b.turn++
	return b.runners[b.turn%len(b.runners)]
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// roundTrip takes a request to GitHub: half of its latency goes by before it is
// there, half after. Those for tokens and the App's name take none: the client
// holds a lock meanwhile, and time stands still in a bubble while one waits.
func (b *bubble) roundTrip(r *http.Request) (*http.Response, error) {
	var body []byte
	if r.Body != nil {
		body, _ = io.ReadAll(r.Body)
	}
	b.mu.Lock()
	call := request{at: time.Now(), method: r.Method, path: r.URL.Path} // when it left
	wait := b.slow() / 2
	if call.apps() {
		wait = 0
	}
	b.calls = append(b.calls, call)
	if !call.apps() {
		b.seen[r.Header.Get("Authorization")] = true
	}
	n := len(b.calls) - 1
	b.mu.Unlock()
	<-time.After(wait)
	b.mu.Lock()
	dead, down := b.dead[r.Header.Get("Authorization")], b.down
	b.mu.Unlock()
	if dead {
		return &http.Response{StatusCode: http.StatusUnauthorized, Body: io.NopCloser(strings.NewReader(`{"message":"Bad credentials"}`)), Request: r}, nil
	}
	if down {
		return nil, io.ErrUnexpectedEOF
	}
	r = r.Clone(r.Context())
	r.Body = io.NopCloser(bytes.NewReader(body))
	w := httptest.NewRecorder()
	b.ServeHTTP(w, r)
	resp := w.Result()
	resp.Request = r
	b.mu.Lock()
	b.calls[n].status = resp.StatusCode
	b.calls[n].wait, _ = time.ParseDuration(resp.Header.Get("Retry-After") + "s")
	b.mu.Unlock()
	<-time.After(wait)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.calls[n].back = time.Now()
	return resp, nil
}

// Enqueue implements task.Enqueuer: the task is called at its time, and again
// until it succeeds.
func (b *bubble) Enqueue(ctx context.Context, t task.Task) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.named[t.Name] {
		return task.ErrExists
	}
	b.named[t.Name] = true
	ctx = context.WithoutCancel(ctx)
	b.tasks.Go(func() {
		var body execution.TaskBody
		if json.Unmarshal(t.Body, &body) != nil {
			return
		}
		<-time.After(time.Until(t.At))
		for wait := time.Second; ; wait = min(2*wait, time.Minute) {
			b.slots <- struct{}{}
			err := b.next().Run(ctx, body.Execution)
			<-b.slots
			if err == nil {
				return
			}
			<-time.After(wait)
		}
	})
	return nil
}

// add stores an execution, due now.
func (b *bubble) add(t *testing.T, x execution.Execution) {
	t.Helper()
	b.put(t, store.Key{Collection: execution.Collection, ID: x.ID}, x)
	check(t, execution.Enqueue(t.Context(), b, x, time.Now()))
}

// wanted is an execution of an action on target.
func (b *bubble) wanted(t *testing.T, name string, target action.Target, args string) execution.Execution {
	t.Helper()
	act, err := b.runner.Actions.Lookup(name)
	check(t, err)
	state, err := act.Key(target, json.RawMessage(args))
	check(t, err)
	now := time.Now()
	return execution.Execution{
		ID: execution.EffectKey(name, target, state), Policy: "test", Level: "L5", Category: execution.Automatic,
		Action: name, Class: act.Spec().Class, Reversible: act.Spec().Reversible, Target: target, Args: json.RawMessage(args),
		Repository: target.Repository, Resource: target.String(), InstallationID: target.InstallationID,
		State: execution.Ready, CreatedAt: now, UpdatedAt: now, NotBefore: now,
	}
}

// states counts the executions by state and, if they are held up, that.
func (b *bubble) states(t *testing.T) map[execution.State]int {
	t.Helper()
	counts := map[execution.State]int{}
	q := store.Query{Collection: execution.Collection, Limit: store.MaxPage}
	for {
		found, next, err := store.List[execution.Execution](t.Context(), b.store, q)
		check(t, err)
		for _, x := range found {
			if x.Held {
				counts["held"]++
			}
			counts[x.State]++
		}
		if next == "" {
			return counts
		}
		q.Cursor = next
	}
}

// sent returns the requests that left so far.
func (b *bubble) sent() []request {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]request(nil), b.calls...)
}
