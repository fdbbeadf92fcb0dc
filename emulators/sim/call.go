package sim

import (
	"container/heap"
	"context"
	"slices"
	"time"
)

type threadKey struct{}

// with puts t into ctx, for the ports.
func (t *Thread) with(ctx context.Context) context.Context {
	return context.WithValue(ctx, threadKey{}, t)
}

// threadOf returns the thread that ctx is of, or nil.
func threadOf(ctx context.Context) *Thread {
	t, _ := ctx.Value(threadKey{}).(*Thread)
	return t
}

// call is one call of a port by the thread of ctx: it waits for its turn, and
// do happens, or not, as its fate says. What refuse, slow and the like mean is
// up to the port.
func call(ctx context.Context, k kind, point string, do func(fate) error) error {
	t := threadOf(ctx)
	if t == nil { // of the world itself
		return do(goOn)
	}
	f := t.fate(k, point)
	if f == killBefore {
		t.process.kill(t)
	}
	if err := ctx.Err(); err != nil { // as every client looks before it sends
		return err
	}
	if f == killAfter {
		_ = do(goOn) // nobody hears of it
		t.process.kill(t)
	}
	return do(f)
}

// fate waits for t's turn at point and draws what happens there.
func (t *Thread) fate(k kind, point string) fate {
	w := t.world
	t.step(point, 0)
	if t.process == nil { // somebody outside
		return goOn
	}
	if k.durable() {
		w.durable++
		if f, scripted := w.o.Script[w.durable]; scripted {
			w.trace.note("%s, as scripted", f)
			return f.fate()
		}
	}
	f := w.faults.draw(w.dice, k)
	if f == stop {
		p := t.process
		p.stopped = time.Now().Add(time.Duration((1.5 + 1.5*w.dice.Float64()) * float64(w.o.Lease)))
		w.trace.note("%s stands still until %s", p.name, time.Until(p.stopped))
		t.step(point+", after standing still", 0)
		f = goOn
	}
	if f != goOn {
		w.trace.note("fate %d", f)
	}
	return f
}

// done does what a port that knows only failing and losing does.
func done(f fate, do func() error) error {
	switch f {
	case refuse:
		return errUnavailable
	case lose:
		if err := do(); err != nil {
			return err
		}
		return errTimedOut
	default:
		return do()
	}
}

// hasten gives threads that are to end their turn now.
func (s *scheduler) hasten(threads []*Thread) {
	for _, t := range threads {
		if t.turn != nil && slices.Contains(s.queue, t.turn) {
			t.turn.at = time.Now()
		}
	}
	heap.Init(&s.queue)
}
