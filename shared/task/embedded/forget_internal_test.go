package embedded

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/clock"
	database "github.com/InfinityXOneSystems/infinity-matrix/shared/embedded"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/task"
)

func count(t *testing.T, db *database.DB, kind byte) int {
	t.Helper()
	it, err := db.NewIter(&pebble.IterOptions{
		LowerBound: []byte{database.PrefixTask, kind}, UpperBound: []byte{database.PrefixTask, kind + 1},
	})
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for ok := it.First(); ok; ok = it.Next() {
		n++
	}
	if err := it.Close(); err != nil {
		t.Fatal(err)
	}
	return n
}

// Names are deleted once their hour is over, but not one that is taken anew.
func TestNamesAreForgotten(t *testing.T) {
	t.Parallel()
	db, err := database.Open(t.TempDir(), database.Options{})
	if err != nil {
		t.Fatal(err)
	}
	c := clock.NewVirtual(time.Unix(1_800_000_000, 0))
	q, err := New(db, Options{Clock: c})
	if err != nil {
		t.Fatal(err)
	}
	ran := make(chan struct{}, 4*forgetEvery)
	go func() {
		_ = q.Serve(t.Context(), task.Config{Queue: "q"}, func(context.Context, task.Task) error { ran <- struct{}{}; return nil })
	}()
	run := func(prefix string, n, left int) {
		t.Helper()
		for i := range n {
			if err := q.Enqueue(t.Context(), task.Task{Queue: "q", Name: fmt.Sprint(prefix, i)}); err != nil {
				t.Fatal(err)
			}
		}
		for range n {
			<-ran
		}
		tick := time.NewTicker(time.Millisecond) // the handler's end is not yet the task's
		defer tick.Stop()
		for q.queue("q").Depth() > left {
			<-tick.C
		}
	}
	run("old", forgetEvery/2, 0)
	c.Advance(task.NameKept + time.Second)
	again := task.Task{Queue: "q", Name: "old7", At: c.Now().Add(time.Hour)} // stays queued
	if err := q.Enqueue(t.Context(), again); err != nil {
		t.Fatal(err)
	}
	run("new", forgetEvery-forgetEvery/2, 1)
	if err := q.Enqueue(t.Context(), again); !errors.Is(err, task.ErrExists) {
		t.Errorf("the name of a queued task was forgotten: %v", err)
	}
	if err := q.Close(); err != nil {
		t.Fatal(err)
	}
	if n, want := count(t, db, kindName), forgetEvery-forgetEvery/2+1; n != want {
		t.Errorf("%d names are kept, want %d", n, want)
	}
	if n, most := count(t, db, kindExpiry), forgetEvery-forgetEvery/2; n != most {
		t.Errorf("%d expiries are kept, want %d", n, most)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}
