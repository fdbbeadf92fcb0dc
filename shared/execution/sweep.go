package execution

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/clock"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/task"
)

// Sweeper finds executions that should have moved by now and queues a task for
// each: tasks may be lost or late, executions may not.
type Sweeper struct {
	Store store.Reader
	Tasks task.Enqueuer
	Clock clock.Clock
	Grace time.Duration // how long a task may be late; 0 means 30 s
	Page  int           // executions read at once; 0 means 200
}

// maxFailures is how many executions of one state may fail to be woken before
// the queue is taken to be down.
const maxFailures = 10

// Sweep looks at every state that is not final and returns how many
// executions it woke. It goes on after an error, so that one execution does
// not keep the others asleep, and returns all of them.
func (s *Sweeper) Sweep(ctx context.Context) (int, error) {
	woken := 0
	var errs []error
	for _, state := range []State{Waiting, Ready, Running, Verifying, Reverting} {
		n, err := s.sweep(ctx, state)
		woken += n
		if err != nil {
			errs = append(errs, fmt.Errorf("sweep %s executions: %w", state, err))
		}
	}
	return woken, errors.Join(errs...)
}

func (s *Sweeper) sweep(ctx context.Context, state State) (int, error) {
	q := store.Query{
		Collection: Collection, OrderBy: "updated_at", Limit: cmp.Or(s.Page, 200),
		Where: []store.Filter{{Field: "state", Op: store.Eq, Value: string(state)}},
	}
	woken := 0
	var errs []error
	for {
		page, err := s.Store.Query(ctx, q)
		if err != nil {
			return woken, errors.Join(append(errs, err)...)
		}
		for _, doc := range page.Documents {
			var x Execution
			if err := json.Unmarshal(doc.Data, &x); err != nil {
				return woken, errors.Join(append(errs, fmt.Errorf("decode %s: %w", doc.Key, err))...)
			}
			now := now(doc, s.Clock)
			if x.UpdatedAt.After(now.Add(-s.grace())) {
				return woken, errors.Join(errs...) // so are all that follow
			}
			if !s.late(x, now) {
				continue
			}
			if err := s.wake(ctx, x, now); err != nil {
				if errs = append(errs, err); len(errs) == maxFailures {
					return woken, errors.Join(errs...)
				}
				continue
			}
			woken++
		}
		if page.Next == "" {
			return woken, errors.Join(errs...)
		}
		q.Cursor = page.Next
	}
}

// late reports whether x should have moved by now.
func (s *Sweeper) late(x Execution, now time.Time) bool {
	due := x.Due()
	if x.State.Leased() && x.Lease != nil {
		due = x.Lease.Until
	}
	return now.After(due.Add(s.grace()))
}

func (s *Sweeper) grace() time.Duration { return cmp.Or(s.Grace, 30*time.Second) }

// wake queues x at once, whatever the queue's clock says, under a name of this
// minute, so that an earlier task of the same name, lost after it was taken,
// does not stand in the way.
func (s *Sweeper) wake(ctx context.Context, x Execution, now time.Time) error {
	return enqueue(ctx, s.Tasks, x, time.Time{}, fmt.Sprint(now.Truncate(time.Minute).Unix()))
}
