//go:build unix

package backtest_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"testing/fstest"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/InfinityXOneSystems/infinity-matrix/emulators/github/payloads"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/autonomy/autonomytest"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/backtest"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/blob/folder"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/clock"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/decision"
	database "github.com/InfinityXOneSystems/infinity-matrix/shared/embedded"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/event"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/event/github"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/policy"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store/embedded"
)

// kinds are the events of the benchmark, and a condition on each that rule i
// makes: each event matches one of them and few of the defaults.
var kinds = []struct{ event, action, when, do string }{
	{"issues", "opened", `event.issue.title.contains("word%d") && event.issue.comments >= 0`, "{action: github.issue.label, with: {add: [a]}}"},
	{"pull_request", "opened", `event.pull_request.user.login == "user-%d" && event.pull_request.draft == false`, "{action: github.issue.label, with: {add: [b]}}"},
	{"workflow_run", "completed", `event.workflow_run.head_branch.startsWith("topic-%d/") && event.workflow_run.run_attempt < 3`, "github.workflow.rerun_failed_jobs"},
	{"push", "", `event.ref == "refs/heads/branch-%d" && size(event.commits) > 0`, "{action: github.check_run.create, with: {name: n, title: t, summary: s, conclusion: neutral}}"},
}

// events is how many there are: EVENTS, or enough for a ratio.
func events() int {
	if n, err := strconv.Atoi(os.Getenv("EVENTS")); err == nil {
		return n
	}
	return 2_000
}

// thousand returns the default policies and as many more as make a thousand.
func thousand(tb testing.TB, r *rig) *policy.Set {
	tb.Helper()
	files := fstest.MapFS{}
	names, err := filepath.Glob("../../.infinity/policies/*.yaml")
	if err != nil {
		tb.Fatal(err)
	}
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			tb.Fatal(err)
		}
		files["policies/"+filepath.Base(name)] = &fstest.MapFile{Data: text}
	}
	var b strings.Builder
	b.WriteString("policies:\n")
	for i := range 1_000 - len(r.defaults().Policies()) {
		k := kinds[i%len(kinds)]
		on := strings.TrimSuffix("com.github."+k.event+"."+k.action, ".")
		when := fmt.Sprintf(k.when, i)
		if i < len(kinds) { // these match all of their kind
			when = `event.repository.name != ""`
		}
		fmt.Fprintf(&b, "  - {name: p-%d, on: %s, when: '%s', do: %s, capability: error-recovery, autonomy: L4, limits: {total: 20/1h}}\n", i, on, when, k.do)
	}
	files["policies/more.yaml"] = &fstest.MapFile{Data: []byte(b.String())}
	set, err := policy.Load(files, r.actions)
	if err != nil {
		tb.Fatal(err)
	}
	return set
}

// recorded makes event n: one of the payloads, each with a number of its own.
func recorded(tb testing.TB, bodies []payloads.Payload, n int) event.Event {
	tb.Helper()
	p := bodies[n%len(bodies)]
	body := []byte(fmt.Sprintf(`{"benchmark":%d,%s`, n, strings.TrimPrefix(strings.TrimSpace(string(p.Body)), "{")))
	hook, err := github.Parse(p.Event, body)
	if err != nil {
		tb.Fatal(err)
	}
	sum := sha256.Sum256(body)
	ev := event.Event{ID: fmt.Sprint("guid-", n), Source: "https://github.com", Time: start.Add(time.Duration(n) * time.Second), Digest: hex.EncodeToString(sum[:]), Data: body}
	hook.Fill(&ev)
	return ev
}

// BenchmarkRun runs 1,000 policies over the events on record, on the embedded
// store and a folder of bodies, beside reading those bodies alone, in processor time.
func BenchmarkRun(b *testing.B) {
	r := newRig(b)
	dir := b.TempDir()
	db, err := database.Open(filepath.Join(dir, "db"), database.Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = db.Close() })
	schema, err := store.DefaultSchema()
	if err != nil {
		b.Fatal(err)
	}
	blobs, err := folder.New(filepath.Join(dir, "blobs"))
	if err != nil {
		b.Fatal(err)
	}
	st := embedded.New(db, schema)
	deps := decision.Deps{
		Store: st, Blobs: blobs, Tasks: noTasks{}, Autonomy: autonomytest.Everything(), Policies: fixed{r.defaults()}, Actions: r.actions, Clock: clock.Real{}, Log: slog.New(slog.DiscardHandler),
	}
	fill(b, decision.NewEngine(deps))
	deps.Policies = fixed{thousand(b, r)}
	until := start.Add(time.Duration(events()) * time.Second)
	var run, floor, wall time.Duration
	for b.Loop() {
		began, cpu := time.Now(), used(b)
		report, err := backtest.Run(b.Context(), backtest.Deps{Store: st, Engine: decision.NewEngine(deps)},
			backtest.Request{Since: start, Until: until, Examples: 3}, func(backtest.Progress) {})
		if err != nil || report.Events != events() || report.Changed == 0 {
			b.Fatalf("%d events, %d changed, %v", report.Events, report.Changed, err)
		}
		wall += time.Since(began)
		run += used(b) - cpu
		cpu = used(b)
		if n := read(b, st, blobs, until); n != events() {
			b.Fatalf("%d bodies", n)
		}
		floor += used(b) - cpu
	}
	b.ReportMetric(float64(run)/float64(floor), "cpu_of_reading_bodies")
	b.ReportMetric(float64(run.Microseconds())/float64(b.N*events()), "cpu_µs/event")
	b.ReportMetric(float64(wall.Microseconds())/float64(b.N*events()), "µs/event")
	b.ReportMetric(0, "ns/op")
}

// used is the processor time of this process so far: other work on the machine
// does not count.
func used(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// fill decides the events, several at once.
func fill(b *testing.B, e *decision.Engine) {
	b.Helper()
	var bodies []payloads.Payload
	for _, k := range kinds {
		p, err := payloads.Find(k.event, k.action)
		if err != nil {
			b.Fatal(err)
		}
		bodies = append(bodies, p)
	}
	group, ctx := errgroup.WithContext(b.Context())
	group.SetLimit(32)
	for n := range events() {
		ev := recorded(b, bodies, n)
		group.Go(func() error {
			_, err := e.Decide(ctx, ev)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		b.Fatal(err)
	}
}

// read reads all bodies, and does nothing with them.
func read(b *testing.B, st store.Reader, blobs *folder.Store, until time.Time) (n int) {
	b.Helper()
	q := store.Query{Collection: decision.Deliveries, OrderBy: "received_at", Limit: 200, Where: []store.Filter{{Field: "received_at", Op: store.Lt, Value: until}}}
	for {
		list, next, err := store.List[decision.Delivery](b.Context(), st, q)
		if err != nil {
			b.Fatal(err)
		}
		for _, d := range list {
			body, err := blobs.Get(b.Context(), d.BodyRef)
			if err != nil {
				b.Fatal(err)
			}
			if _, err := io.Copy(io.Discard, body); err != nil {
				b.Fatal(err)
			}
			_ = body.Close()
			n++
		}
		if next == "" {
			return n
		}
		q.Cursor = next
	}
}
