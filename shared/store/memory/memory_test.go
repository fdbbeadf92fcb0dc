package memory_test

import (
	"context"
	"errors"
	"testing"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/clock"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store/memory"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store/storetest"
)

func TestConformance(t *testing.T) {
	t.Parallel()
	storetest.Run(t, storetest.Options{}, func(*testing.T) store.Store {
		return memory.New(memory.Options{Schema: storetest.Schema, Clock: clock.Real{}})
	})
}

type once struct{ before, after error }

func (o *once) Before() error { err := o.before; o.before = nil; return err }
func (o *once) After() error  { err := o.after; o.after = nil; return err }

func TestFaults(t *testing.T) {
	t.Parallel()
	lost := errors.New("lost")
	k := store.Key{Collection: "things", ID: "a"}
	write := func(_ context.Context, tx store.Tx) error { return tx.Put(k, map[string]int{"n": 1}) }
	s := memory.New(memory.Options{Faults: &once{before: lost}})
	if err := s.Run(t.Context(), write); !errors.Is(err, lost) {
		t.Errorf("a failing commit returned %v", err)
	}
	if _, err := s.Get(t.Context(), k); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("a failing commit left something behind: %v", err)
	}
	s = memory.New(memory.Options{Faults: &once{after: lost}})
	if err := s.Run(t.Context(), write); !errors.Is(err, lost) {
		t.Errorf("a commit whose answer is lost returned %v", err)
	}
	if _, err := s.Get(t.Context(), k); err != nil {
		t.Errorf("a commit whose answer is lost did not stand: %v", err)
	}
}
