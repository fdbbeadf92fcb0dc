package deadletter_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/bus"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/bus/memory"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/clock"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/deadletter"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/page"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
	storememory "github.com/InfinityXOneSystems/infinity-matrix/shared/store/memory"
)

var start = time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)

var orchestrator = bus.Subscription{Name: "agent-orchestrator", Topic: "events", Ordered: true, MinBackoff: time.Nanosecond, MaxBackoff: time.Nanosecond}

type rig struct {
	*testing.T
	bus   *memory.Bus
	clock *clock.Virtual
	box   deadletter.Box
}

func newRig(t *testing.T) *rig {
	t.Helper()
	c := clock.NewVirtual(start)
	r := &rig{T: t, bus: memory.New(memory.Options{}), clock: c}
	r.box = deadletter.Box{Publisher: r.bus, Letters: r.bus, Store: storememory.New(storememory.Options{}), Clock: clock.Real{}}
	for _, name := range []string{orchestrator.Name, "logger"} {
		s := orchestrator
		s.Name = name
		if err := r.bus.Ensure(t.Context(), s); err != nil {
			t.Fatal(err)
		}
	}
	return r
}

// die has the subscription give bodies up.
func (r *rig) die(bodies ...string) {
	r.Helper()
	for _, body := range bodies {
		m := bus.Message{Data: []byte(body), OrderingKey: "o/r", Attributes: map[string]string{"ce-id": body, "ce-type": "t", "ce-repository": "o/r"}}
		if _, err := r.bus.Publish(r.Context(), "events", m); err != nil {
			r.Fatal(err)
		}
	}
	r.serve(func(bus.Message) error { return fault.New(fault.Invalid, "no such thing") })
}

// serve serves the subscription until nothing waits for it.
func (r *rig) serve(h func(bus.Message) error) {
	r.Helper()
	ctx, cancel := context.WithCancel(r.Context())
	done := make(chan error, 1)
	go func() {
		done <- r.bus.Serve(ctx, orchestrator, func(_ context.Context, m bus.Message) error { return h(m) })
	}()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for left := 1; left > 0; <-tick.C {
		var err error
		if left, err = r.bus.Backlog(r.Context(), orchestrator.Name); err != nil {
			r.Fatal(err)
		}
	}
	cancel()
	if err := <-done; err != nil {
		r.Fatal(err)
	}
}

func (r *rig) page() page.Page {
	r.Helper()
	p, _, err := page.Find(r.Context(), r.box.Store, deadletter.Kind, "agent-orchestrator.dead")
	if err != nil {
		r.Fatal(err)
	}
	return p
}

func (r *rig) list() []deadletter.Letter {
	r.Helper()
	all, next, err := r.box.List(r.Context(), "", 100, "")
	if err != nil || next != "" {
		r.Fatalf("list: %v, next %q", err, next)
	}
	return all
}

// Letters tell what people need, and are delivered again in their order, with
// their attempts counted anew, to nobody but the one that gave them up.
func TestReplayAllKeepsOrder(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.die("a", "b", "c")
	l := r.list()
	if len(l) != 3 || l[0].Attempts != 5 || l[0].Reason != "no such thing" || l[0].Event != "a" || l[0].Type != "t" ||
		l[0].Repository != "o/r" || l[0].Bytes != 1 || l[0].Topic != "events" || l[0].FirstAt.After(l[0].LastAt) || l[0].Data != nil {
		t.Fatalf("letters %+v", l)
	}
	if n, err := r.box.ReplayAll(t.Context(), "", "key:ana"); err != nil || n != 3 {
		t.Fatalf("replayed %d, %v", n, err)
	}
	var got []string
	r.serve(func(m bus.Message) error {
		if m.Attempt != 1 || m.Attributes[bus.AttrReplayedFrom] == "" || m.Attributes[bus.AttrDeadReason] != "" {
			t.Errorf("delivered again as %+v", m)
		}
		got = append(got, string(m.Data))
		return nil
	})
	if diff := cmp.Diff([]string{"a", "b", "c"}, got); diff != "" || len(r.list()) != 0 {
		t.Errorf("order (-want +got):\n%s; left %v", diff, r.list())
	}
}

// One that dies again is a letter again, and says whence it came; replaying
// all ends although it always comes back.
func TestReplayedDiesAgain(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.die("a")
	if _, err := r.box.Replay(t.Context(), "agent-orchestrator-1", "key:ana"); err != nil {
		t.Fatal(err)
	}
	if _, err := r.box.Replay(t.Context(), "agent-orchestrator-1", "key:ana"); !fault.Is(err, fault.NotFound) {
		t.Errorf("replayed twice: %v", err)
	}
	r.serve(func(bus.Message) error { return errors.New("again") })
	if l := r.list(); len(l) != 1 || l[0].ReplayedFrom != "agent-orchestrator.dead/1" || l[0].ID != "agent-orchestrator-2" {
		t.Errorf("letters %+v", l)
	}
}

// The page is open while letters lie there, says so once, and is resolved
// with the last.
func TestWatch(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	watch := func() {
		t.Helper()
		if err := r.box.Watch(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	watch()
	if r.page().Open {
		t.Fatal("a page without a letter")
	}
	r.die("a", "b")
	watch()
	watch()
	if p := r.page(); !p.Open || p.Count != 1 || p.Severity != page.Critical {
		t.Fatalf("page %+v, want one that was raised once", p)
	}
	for _, id := range []string{"agent-orchestrator-1", "agent-orchestrator-2"} {
		if !r.page().Open {
			t.Fatal("resolved before the last was gone")
		}
		if _, err := r.box.Drop(t.Context(), id, "key:ana", "spam"); err != nil {
			t.Fatal(err)
		}
	}
	if r.page().Open {
		t.Error("open, though no letter is left")
	}
}

// broken is a store in which nothing can be recorded.
type broken struct{ store.Store }

func (broken) Run(context.Context, func(context.Context, store.Tx) error) error {
	return errors.New("disk")
}

// No record, no action.
func TestWhatCannotBeRecordedIsNotDone(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.die("a")
	box := r.box
	box.Store = broken{}
	if _, err := box.Drop(t.Context(), "agent-orchestrator-1", "key:ana", "spam"); err == nil {
		t.Error("dropped")
	}
	if _, err := box.ReplayAll(t.Context(), "", "key:ana"); err == nil {
		t.Error("replayed")
	}
	if len(r.list()) != 1 {
		t.Error("the letter is gone")
	}
}

func TestIDs(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.die("a")
	l, err := r.box.Get(t.Context(), "agent-orchestrator-1", true)
	if err != nil || string(l.Data) != "a" || l.Attributes["ce-id"] != "a" {
		t.Errorf("%+v, %v", l, err)
	}
	for id, kind := range map[string]fault.Kind{"x": fault.Invalid, "-1": fault.Invalid, "nobody-1": fault.NotFound, "agent-orchestrator-9": fault.NotFound} {
		if _, err := r.box.Get(t.Context(), id, false); !fault.Is(err, kind) {
			t.Errorf("%s: %v, want %s", id, err, kind)
		}
	}
}

// undying is a box in which each letter that is taken dies again, an hour later.
type undying struct {
	bus.Inspector
	taken int
}

func (u *undying) Peek(context.Context, string, string, int) ([]bus.Message, error) {
	if u.taken > 10 {
		return nil, errors.New("it goes on for ever")
	}
	return []bus.Message{{ID: "1", PublishedAt: start.Add(time.Duration(u.taken) * time.Hour)}}, nil
}

func (u *undying) Remove(context.Context, string, string) error {
	u.taken++
	return nil
}

// TestReplayAllTakesEachLetterOnce: one that dies again is not sent in a circle.
func TestReplayAllTakesEachLetterOnce(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	u := &undying{Inspector: r.bus}
	r.box.Letters, r.box.Clock = u, r.clock
	if n, err := r.box.ReplayAll(t.Context(), orchestrator.Name, "key:ann"); n != 1 || err != nil || u.taken != 1 {
		t.Errorf("replayed %d, took %d, %v; want each once", n, u.taken, err)
	}
}
