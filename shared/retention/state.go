package retention

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
)

// Collection holds how far the passes are, one document.
const Collection = "retention"

var stateKey = store.Key{Collection: Collection, ID: "state"}

// lease is how long a call has; it is longer than any request.
const lease = 2 * time.Minute

// state is the document. Fence grows with every claim; who holds an older one
// has lost it, and what it says of the passes with it.
type state struct {
	Fence  int64           `json:"fence"`
	Until  time.Time       `json:"leased_until_at"`
	Passes map[string]Pass `json:"passes"`
}

// Pass is how far a rule's pass is.
type Pass struct {
	BeganAt time.Time `json:"began_at"`           // what is expired is expired at this time
	Cursor  string    `json:"cursor,omitempty"`   // "" between passes
	From    time.Time `json:"from_at"`            // bodies: those of earlier deliveries are done
	EndedAt time.Time `json:"ended_at,omitempty"` // of the last pass
}

// held reports whether somebody is at it. A lease that ends later than any can
// was given by a clock that is wrong.
func (s state) held(now time.Time) bool {
	return s.Until.After(now) && !s.Until.After(now.Add(2*lease))
}

func (e *Expirer) read(ctx context.Context, r store.Reader) (state, error) {
	st, err := store.Get[state](ctx, r, stateKey)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return st, fmt.Errorf("read the state of retention: %w", err)
	}
	if st.Passes == nil {
		st.Passes = map[string]Pass{}
	}
	return st, nil
}

// claim takes the lease, unless somebody else did since st was read.
func (e *Expirer) claim(ctx context.Context, st state) (state, bool, error) {
	mine := false
	after := st
	err := e.Store.Run(ctx, func(ctx context.Context, tx store.Tx) error {
		now, err := e.read(ctx, tx)
		if mine = err == nil && now.Fence == st.Fence; !mine {
			return err
		}
		after = now
		after.Fence, after.Until = now.Fence+1, e.Clock.Now().Add(lease)
		return tx.Put(stateKey, after)
	})
	if err != nil {
		return st, false, fmt.Errorf("claim retention: %w", err)
	}
	return after, mine, nil
}

// release keeps how far the passes are, and gives the lease back.
func (e *Expirer) release(ctx context.Context, st state) error {
	err := e.Store.Run(context.WithoutCancel(ctx), func(ctx context.Context, tx store.Tx) error {
		now, err := e.read(ctx, tx)
		if err != nil || now.Fence != st.Fence {
			return err
		}
		now.Passes, now.Until = maps.Clone(st.Passes), e.Clock.Now()
		return tx.Put(stateKey, now)
	})
	if err != nil {
		return fmt.Errorf("keep how far retention is: %w", err)
	}
	return nil
}
