package execution

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/action"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/docid"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/page"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
)

// Fields is the collection of what was changed of resources, and by whom.
const Fields = "fields"

// ActorFight freezes policies that undo each other's work.
const ActorFight = "system:fight"

// How much policies may flip one field back and forth.
const (
	maxFlips   = 3
	flipWindow = 10 * time.Minute
	maxChanges = 16 // remembered of a field
)

// Field is one field of one resource (action.Effect.Field) with its last
// changes by our policies, oldest first.
type Field struct {
	ID        string    `json:"id"` // hash of repository, kind, resource and name
	Resource  string    `json:"resource"`
	Name      string    `json:"name"` // "state", "label:bug"
	Changes   []Change  `json:"changes"`
	ChangedAt time.Time `json:"changed_at"` // the last of them
}

// Change is one change of a field that was intended.
type Change struct {
	At        time.Time `json:"changed_at"`
	Policy    string    `json:"policy"`
	Execution string    `json:"execution"`
	Before    string    `json:"before"`
	After     string    `json:"after"`
	Flip      bool      `json:"flip,omitempty"` // it undid what another policy had set
}

// contend records what x is about to change. If another policy and x's keep
// flipping a field, both are frozen, a person is called, and the reason is
// returned: x must not go on.
func (m *Machine) contend(ctx context.Context, tx store.Tx, x *Execution, p action.Plan, now time.Time) (refusal string, err error) {
	var touched []Field
	for _, e := range p.Effects {
		if e.Field == "" {
			continue
		}
		f, err := field(ctx, tx, x.Target, e.Field)
		if err != nil {
			return "", err
		}
		if rivals := f.change(x, e, now); len(rivals) > 0 {
			return m.partFighters(ctx, tx, f, rivals, now)
		}
		touched = append(touched, f)
	}
	for _, f := range touched {
		if err := tx.Put(fieldKey(f.ID), f); err != nil {
			return "", fmt.Errorf("record the change of %s: %w", f.Name, err)
		}
	}
	return "", nil
}

func fieldKey(id string) store.Key { return store.Key{Collection: Fields, ID: id} }

func field(ctx context.Context, r store.Reader, t action.Target, name string) (Field, error) {
	repository := t.Repository
	if t.RepositoryID != 0 { // survives renames
		repository = fmt.Sprint(t.RepositoryID)
	}
	id := docid.Of("field", repository, t.Kind, t.ID, name)
	f, err := store.Get[Field](ctx, r, fieldKey(id))
	if errors.Is(err, store.ErrNotFound) {
		return Field{ID: id, Resource: t.String(), Name: name}, nil
	}
	return f, err
}

// change adds the change e by x to f, and returns the policies that fight over
// f if they went on with it. A change that is tried again counts once.
func (f *Field) change(x *Execution, e action.Effect, now time.Time) (rivals []string) {
	if slices.ContainsFunc(f.Changes, func(c Change) bool { return c.Execution == x.ID }) {
		return nil
	}
	c := Change{At: now, Policy: x.Policy, Execution: x.ID, Before: e.Before, After: e.After, Flip: f.flips(x.Policy, e)}
	f.Changes, f.ChangedAt = append(f.Changes, c), now
	f.Changes = f.Changes[max(0, len(f.Changes)-maxChanges):]
	flips := 0
	for i, c := range f.Changes {
		if c.Flip && now.Sub(c.At) < flipWindow {
			flips++
			rivals = append(rivals, c.Policy)
			if i > 0 {
				rivals = append(rivals, f.Changes[i-1].Policy)
			}
		}
	}
	if !c.Flip || flips <= maxFlips {
		return nil
	}
	slices.Sort(rivals)
	return slices.Compact(rivals)
}

// flips reports whether policy would set f back to what it was before another
// policy changed it.
func (f *Field) flips(policy string, e action.Effect) bool {
	n := len(f.Changes)
	if n == 0 || f.Changes[n-1].Policy == policy {
		return false
	}
	if strings.EqualFold(e.After, f.Changes[n-1].Before) {
		return true
	}
	return n > 1 && strings.EqualFold(e.After, f.Changes[n-2].After)
}

// partFighters freezes the policies and calls a person.
func (m *Machine) partFighters(ctx context.Context, tx store.Tx, f Field, rivals []string, now time.Time) (string, error) {
	if m.d.Brakes == nil {
		return "", fault.New(fault.Internal, "nothing is there to freeze policies %s with", strings.Join(rivals, ", "))
	}
	why := fmt.Sprintf("policies %s undo each other's work: %s of %s was flipped %d times in %s",
		strings.Join(rivals, " and "), f.Name, f.Resource, maxFlips, flipWindow)
	for _, policy := range rivals {
		if err := m.d.Brakes.FreezePolicy(ctx, tx, policy, ActorFight, why, now); err != nil {
			return "", err
		}
	}
	p := page.Page{
		Kind: "fight", Severity: page.Critical, Subject: fieldKey(f.ID).String(),
		Summary: strings.ToUpper(why[:1]) + why[1:] + "; they are frozen.",
		Do:      fmt.Sprintf("Decide which is right and change the other, then `infinity unfreeze policy:%s` and the same for each.", rivals[0]),
	}
	if err := page.Raise(ctx, tx, p, ActorFight, now); err != nil {
		return "", err
	}
	return "frozen: " + why, nil
}
