package sim

import (
	"context"
	"encoding/json"
	"io"
	"iter"
	"math/rand/v2"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/audit"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/blob"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/bus"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/task"
)

// storePort is the store as functions see it: each read and each commit is a
// step, and what was committed becomes history.
type storePort struct {
	store.Store
	world *World
}

// Get implements store.Reader.
func (s storePort) Get(ctx context.Context, k store.Key) (d store.Document, err error) {
	err = call(ctx, read, "get "+named(k), func(f fate) error {
		return done(f, func() error { d, err = s.Store.Get(ctx, k); return err })
	})
	return d, err
}

// Query implements store.Reader.
func (s storePort) Query(ctx context.Context, q store.Query) (p store.Page, err error) {
	err = call(ctx, read, "query "+q.Collection, func(f fate) error {
		return done(f, func() error { p, err = s.Store.Query(ctx, q); return err })
	})
	return p, err
}

// named is a document's name for the trace. The ids of some are chance.
func named(k store.Key) string {
	if k.Collection == "keys" || k.Collection == audit.Collection {
		return k.Collection
	}
	return k.String()
}

// maxAborts is how often Firestore's clients run an aborted transaction again.
const maxAborts = 5

// Run implements store.Store.
func (s storePort) Run(ctx context.Context, fn func(context.Context, store.Tx) error) (err error) {
	for range maxAborts {
		err = s.Store.Run(ctx, func(ctx context.Context, tx store.Tx) error {
			port := &txPort{Tx: tx}
			if err := fn(ctx, port); err != nil {
				return err
			}
			s.world.committing = &commitment{thread: threadOf(ctx), writes: port.writes}
			return nil
		})
		if err != errAborted { //nolint:errorlint // the very error that Before gave
			return err
		}
	}
	return errUnavailable
}

// Watch implements store.Store.
func (s storePort) Watch(ctx context.Context, q store.Query) iter.Seq2[store.Change, error] {
	return s.Store.Watch(ctx, q)
}

type txPort struct {
	store.Tx
	writes []Write
}

// Get implements store.Reader.
func (t *txPort) Get(ctx context.Context, k store.Key) (d store.Document, err error) {
	err = call(ctx, read, "get "+named(k)+" in a transaction", func(f fate) error {
		return done(f, func() error { d, err = t.Tx.Get(ctx, k); return err })
	})
	return d, err
}

// Query implements store.Reader.
func (t *txPort) Query(ctx context.Context, q store.Query) (p store.Page, err error) {
	err = call(ctx, read, "query "+q.Collection+" in a transaction", func(f fate) error {
		return done(f, func() error { p, err = t.Tx.Query(ctx, q); return err })
	})
	return p, err
}

// Create implements store.Tx.
func (t *txPort) Create(k store.Key, value any) error {
	return t.note(Write{Key: k, Created: true}, value, t.Tx.Create(k, value))
}

// Put implements store.Tx.
func (t *txPort) Put(k store.Key, value any) error {
	return t.note(Write{Key: k}, value, t.Tx.Put(k, value))
}

// Delete implements store.Tx.
func (t *txPort) Delete(k store.Key) error {
	t.writes = append(t.writes, Write{Key: k})
	return t.Tx.Delete(k)
}

func (t *txPort) note(w Write, value any, err error) error {
	if err != nil {
		return err
	}
	w.Data, err = json.Marshal(value)
	t.writes = append(t.writes, w)
	return err
}

// commitment is a transaction on its way into the store.
type commitment struct {
	thread *Thread
	writes []Write
	fate   fate
}

// commits implements the memory store's Faults: they are called around the
// commit, with no lock held, by the thread that commits.
type commits struct{ world *World }

// Before is called ahead of a commit.
func (c commits) Before() error {
	now := c.world.committing
	if now == nil || now.thread == nil {
		return nil
	}
	now.fate = now.thread.fate(commit, "commit "+subject(now.writes))
	c.world.committing = now // others went on meanwhile
	switch now.fate {
	case killBefore:
		now.thread.process.kill(now.thread)
	case abort:
		return errAborted
	case refuse:
		return errUnavailable
	}
	return nil
}

// After is called when the commit stands.
func (c commits) After() error {
	now := c.world.committing
	c.world.committing = nil
	if now == nil {
		return nil
	}
	c.world.history.commit(now)
	switch now.fate {
	case killAfter:
		now.thread.process.kill(now.thread)
	case lose:
		return errTimedOut
	}
	return nil
}

// busPort is where functions publish.
type busPort struct{ bus.Publisher }

// Publish implements bus.Publisher.
func (b busPort) Publish(ctx context.Context, topic string, m bus.Message) (id string, err error) {
	err = call(ctx, publish, "publish to "+topic, func(f fate) error {
		return done(f, func() error { id, err = b.Publisher.Publish(ctx, topic, m); return err })
	})
	return id, err
}

// taskPort is where functions queue.
type taskPort struct {
	task.Enqueuer
	faults func() Faults
	dice   *rand.Rand
}

// Enqueue implements task.Enqueuer. A lost task was taken and never runs.
func (q taskPort) Enqueue(ctx context.Context, t task.Task) error {
	return call(ctx, enqueue, "enqueue "+t.Name, func(f fate) error {
		switch x := q.dice.Float64(); {
		case threadOf(ctx) == nil:
		case x < q.faults().TaskLost:
			return nil
		case x < q.faults().TaskLost+q.faults().TaskLate:
			t.At = time.Now().Add(time.Duration(q.dice.Int64N(int64(5 * time.Minute))))
		}
		return done(f, func() error { return q.Enqueuer.Enqueue(ctx, t) })
	})
}

// blobPort is the blob store.
type blobPort struct{ blob.Store }

// Put implements blob.Store.
func (b blobPort) Put(ctx context.Context, key string, r io.Reader) error {
	return call(ctx, put, "put "+key, func(f fate) error {
		return done(f, func() error { return b.Store.Put(ctx, key, r) })
	})
}

// Get implements blob.Store.
func (b blobPort) Get(ctx context.Context, key string) (r io.ReadCloser, err error) {
	err = call(ctx, read, "get blob "+key, func(f fate) error {
		return done(f, func() error { r, err = b.Store.Get(ctx, key); return err })
	})
	return r, err
}
