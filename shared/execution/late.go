package execution

import (
	"context"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
)

// lateTx keeps what is written until everything is read: stores want reads
// before writes, and a move has consequences (the next step, a page, a freeze)
// that read for themselves. Of two writes of one document the last counts.
// Reads do not see what was written.
type lateTx struct {
	store.Tx
	order  []store.Key
	writes map[store.Key]func() error
}

// run runs fn in a transaction whose writes come last.
func (m *Machine) run(ctx context.Context, fn func(ctx context.Context, tx store.Tx) error) error {
	return m.d.Store.Run(ctx, func(ctx context.Context, tx store.Tx) error {
		late := &lateTx{Tx: tx, writes: map[store.Key]func() error{}}
		if err := fn(ctx, late); err != nil {
			return err
		}
		for _, key := range late.order {
			if err := late.writes[key](); err != nil {
				return err
			}
		}
		return nil
	})
}

func (l *lateTx) later(key store.Key, write func() error) error {
	if _, ok := l.writes[key]; !ok {
		l.order = append(l.order, key)
	}
	l.writes[key] = write
	return nil
}

// Create implements store.Tx.
func (l *lateTx) Create(key store.Key, value any) error {
	return l.later(key, func() error { return l.Tx.Create(key, value) })
}

// Put implements store.Tx.
func (l *lateTx) Put(key store.Key, value any) error {
	return l.later(key, func() error { return l.Tx.Put(key, value) })
}

// Delete implements store.Tx.
func (l *lateTx) Delete(key store.Key) error {
	return l.later(key, func() error { return l.Tx.Delete(key) })
}
