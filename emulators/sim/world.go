package sim

import (
	"context"
	"crypto/rsa"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"

	"github.com/sethvargo/go-envconfig"

	"github.com/InfinityXOneSystems/infinity-matrix/emulators/github"
	"github.com/InfinityXOneSystems/infinity-matrix/functions"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/audit/transparency"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/blob"
	blobmemory "github.com/InfinityXOneSystems/infinity-matrix/shared/blob/memory"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/bus"
	busmemory "github.com/InfinityXOneSystems/infinity-matrix/shared/bus/memory"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/clock"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/function"
	hubclient "github.com/InfinityXOneSystems/infinity-matrix/shared/github"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/secret"
	secretmemory "github.com/InfinityXOneSystems/infinity-matrix/shared/secret/memory"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
	storememory "github.com/InfinityXOneSystems/infinity-matrix/shared/store/memory"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/task"
	taskmemory "github.com/InfinityXOneSystems/infinity-matrix/shared/task/memory"
)

// Options say what world to make.
type Options struct {
	Seed      uint64
	Rules     []Rule         // the policies at the start; see Grant
	Dir       string         // an empty folder for them
	Faults    Faults         // until Calm
	Script    map[int]Moment // kills at the n-th durable step, counted from 1
	Instances int            // of each function; 0 means 2
	Lease     time.Duration  // of an execution; 0 means 60 s
	Env       map[string]string
	Trace     io.Writer    // gets the steps; nil gets none
	Log       *slog.Logger // of the functions; nil is silent
	// Vary, if set, gives a function another platform than it would get: that
	// is how the mutation checks put bugs back.
	Vary func(function string, p function.Platform) function.Platform
	// Wrap, if set, gives a function another handler.
	Wrap func(w *World, function string, h http.Handler) http.Handler
}

// Moment is when a scripted kill comes, seen from the step it is at.
type Moment string

// The moments.
const (
	Before Moment = "before"
	After  Moment = "after"
)

func (m Moment) fate() fate {
	if m == After {
		return killAfter
	}
	return killBefore
}

// World is the platform and all that is around it. It must be made and used
// within one bubble of testing/synctest.
type World struct {
	*scheduler
	o        Options
	manifest functions.Manifest
	faults   Faults
	durable  int // steps so far that a script counts

	Store   store.Store
	Bus     bus.Bus
	Tasks   task.Queue
	Blobs   blob.Store
	secrets secret.Store

	hub        *hub
	catcher    *catcher
	history    *History
	grants     []Grant
	committing *commitment
	services   map[string]*service
	waiting    int // deliveries that are to be sent again
	serving    sync.WaitGroup
	broken     error // the first failure of the world itself
}

// hookSecret signs the webhooks of all worlds.
var hookSecret = secret.Value("a secret of simulations only")

// appKey is the App's key of all worlds: making one takes a second.
var appKey = sync.OnceValue(func() (k keyPair) {
	k.private, k.public, k.err = hubclient.NewKey()
	return k
})

type keyPair struct {
	private secret.Value
	public  *rsa.PublicKey
	err     error
}

// New makes a world. Close ends it.
func New(ctx context.Context, o Options) (*World, error) {
	if o.Instances == 0 {
		o.Instances = 2
	}
	if o.Lease == 0 {
		o.Lease = time.Minute
	}
	dice := rand.New(rand.NewPCG(o.Seed, 0x5eed)) //nolint:gosec // a replayable run is what is wanted
	w := &World{scheduler: newScheduler(dice, newTrace(o.Trace)), o: o, faults: o.Faults, services: map[string]*service{}}
	w.history = &History{step: func() int { return w.now }}
	w.held = func(t *Thread) time.Time {
		if t.process == nil {
			return time.Time{}
		}
		return t.process.stopped
	}
	if err := w.open(ctx); err != nil {
		return nil, err
	}
	if err := w.Grant(o.Rules); err != nil {
		return nil, err
	}
	return w, w.start(ctx)
}

// Grant puts rules in force in place of those before.
func (w *World) Grant(rules []Rule) error {
	w.grants = append(w.grants, Grant{Step: w.now, At: time.Now(), Rules: rules})
	return writeRules(w.o.Dir, rules)
}

// open opens the ports and the fake GitHub.
func (w *World) open(ctx context.Context) error {
	app := appKey()
	if app.err != nil {
		return app.err
	}
	schema, err := store.DefaultSchema()
	if err != nil {
		return err
	}
	now := clock.Real{} // of the bubble
	w.Store = storememory.New(storememory.Options{Schema: schema, Clock: even{now}, Faults: commits{w}})
	w.Bus = busmemory.New(busmemory.Options{Clock: now, Log: w.o.Log})
	w.Tasks = taskmemory.New(taskmemory.Options{Clock: now, Log: w.o.Log})
	w.Blobs = blobmemory.New(now)
	w.secrets = secretmemory.New(now)
	for name, value := range map[string]secret.Value{"github-webhook": hookSecret, "github-app-key": app.private} {
		if _, err := w.secrets.Add(ctx, name, value); err != nil {
			return err
		}
	}
	sealKey, err := transparency.NewKey("sim")
	if err != nil {
		return err
	}
	if _, err := w.secrets.Add(ctx, "audit-log-key", sealKey); err != nil {
		return err
	}
	w.catcher = &catcher{}
	fake, err := github.New(github.Config{
		Clock: now, AppID: 1, AppKey: app.public, Secret: hookSecret, WebhookURL: "http://127.0.0.1/githubwebhook", Transport: w.catcher,
	})
	if err != nil {
		return err
	}
	w.hub = &hub{world: w, fake: fake, dead: map[string]bool{}}
	return nil
}

// platform is what the functions of a process stand on.
func (w *World) platform(p *process) function.Platform {
	env := map[string]string{
		"INFINITY_POLICIES": w.o.Dir, "EXECUTE_LIVE_INSTALLATIONS": "*", "EXECUTE_LEASE": w.o.Lease.String(),
		"GITHUB_API_URL": "http://127.0.0.1", "GITHUB_APP_ID": "1", "GITHUB_INSTANCES": "0",
	}
	for name, value := range w.o.Env {
		env[name] = value
	}
	log := w.o.Log
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return function.Platform{
		Store: storePort{w.Store, w}, Bus: busPort{w.Bus}, Letters: w.Bus, Tasks: taskPort{w.Tasks, func() Faults { return w.faults }, w.dice},
		Blobs: blobPort{w.Blobs}, Secrets: w.secrets, Clock: wall{p}, Log: log.With(slog.String("process", p.name)),
		Env: envconfig.MapLookuper(env), Transport: w.hub, Jitter: w.dice.Float64,
	}
}

// skew draws how far a new process's clock is off.
func (w *World) skew() time.Duration {
	s := w.faults.Skew
	if s == 0 {
		return 0
	}
	off := time.Duration(w.dice.Int64N(int64(2*s))) - s
	if w.dice.Float64() < w.faults.StepBack {
		off -= time.Duration(w.dice.Int64N(int64(10 * time.Minute)))
	}
	return off.Truncate(time.Microsecond)
}

// even is a clock whose waits are all as long: the store's pause before it runs
// a transaction again is chance, and chance must not order the steps.
type even struct{ clock.Real }

// After implements clock.Clock.
func (even) After(time.Duration) <-chan time.Time { return time.After(time.Millisecond) }

// Calm ends all faults.
func (w *World) Calm() { w.faults = Faults{} }

// Close ends all threads and triggers, and returns what broke in the world.
func (w *World) Close() error {
	w.end()
	if err := w.Bus.Close(); err != nil {
		return fmt.Errorf("close the bus: %w", err)
	}
	if err := w.Tasks.Close(); err != nil {
		return fmt.Errorf("close the queue: %w", err)
	}
	w.serving.Wait()
	return w.broken
}
