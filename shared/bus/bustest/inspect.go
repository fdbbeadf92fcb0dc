package bustest

import (
	"context"
	"fmt"
	"slices"

	"github.com/google/go-cmp/cmp"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/bus"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
)

// peeked reads all that waits, in pages of two.
func (f *fixture) peeked() (bodies, ids []string) {
	f.Helper()
	after := ""
	for {
		page, err := f.bus.Peek(f.Context(), "one", after, 2)
		if err != nil {
			f.Fatalf("peek: %v", err)
		}
		for _, m := range page {
			bodies, ids, after = append(bodies, string(m.Data)), append(ids, m.ID), m.ID
		}
		if len(page) < 2 {
			return bodies, ids
		}
	}
}

func (f *fixture) waiting(want []string) (ids []string) {
	f.Helper()
	var got []string
	f.Cleanup(func() {
		if f.Failed() {
			f.Logf("wanted %v to wait; the last look saw %v", want, got)
		}
	})
	f.eventually(fmt.Sprintf("%v to wait", want), func() bool {
		got, ids = f.peeked()
		return slices.Equal(got, want)
	})
	return ids
}

func testPeek(f *fixture) {
	s := f.sub("one")
	f.ensure(s)
	f.publish(bus.Message{Data: []byte("a"), Attributes: map[string]string{"x": "1"}, OrderingKey: "key"})
	f.publishAll("", "b", "c")
	f.waiting([]string{"a", "b", "c"})
	f.waiting([]string{"a", "b", "c"})
	page, err := f.bus.Peek(f.Context(), "one", "", 1)
	if err != nil || len(page) != 1 || page[0].Attributes["x"] != "1" || page[0].OrderingKey != "key" || page[0].PublishedAt.IsZero() {
		f.Errorf("the first is %+v, %v", page, err)
	}
	got, _ := f.collect(s)
	if diff := cmp.Diff([]string{"a", "b", "c"}, f.distinct(got, 3)); diff != "" {
		f.Errorf("delivered after they were looked at (-want +got):\n%s", diff)
	}
	if _, err := f.bus.Peek(f.Context(), "nobody", "", 1); !fault.Is(err, fault.NotFound) {
		f.Errorf("a subscription that is not there: %v", err)
	}
}

func testRemove(f *fixture) {
	s := f.sub("one")
	f.ensure(s)
	f.publishAll("", "a", "b", "c")
	ids := f.waiting([]string{"a", "b", "c"})
	if err := f.bus.Remove(f.Context(), "one", ids[1]); err != nil {
		f.Fatalf("remove: %v", err)
	}
	f.waiting([]string{"a", "c"})
	for _, id := range []string{ids[1], "999999999", "x"} {
		if err := f.bus.Remove(f.Context(), "one", id); !fault.Is(err, fault.NotFound) {
			f.Errorf("remove %s, which does not wait: %v", id, err)
		}
	}
	if err := f.bus.Remove(f.Context(), "one", ids[0]); err != nil {
		f.Fatalf("remove: %v", err)
	}
	got, _ := f.collect(s)
	if m := next(f, got, "what was left"); string(m.Data) != "c" {
		f.Errorf("delivered %q, which was taken", m.Data)
	}
}

// What is published again for one subscription reaches that one only.
func testReplayedToOne(f *fixture) {
	one, _ := f.collect(f.sub("one"))
	two, _ := f.collect(f.sub("two"))
	f.publish(bus.Message{Data: []byte("again"), Attributes: map[string]string{bus.AttrReplayedTo: "one"}, OrderingKey: "key"})
	f.publishAll("key", "new")
	if m := next(f, two, "the new one"); string(m.Data) != "new" {
		f.Errorf("the other subscription got %q", m.Data)
	}
	if diff := cmp.Diff([]string{"again", "new"}, f.distinct(one, 2)); diff != "" {
		f.Errorf("the one it is for (-want +got):\n%s", diff)
	}
}

func testSubscriptions(f *fixture) {
	for _, name := range []string{"two", "one"} {
		f.ensure(f.sub(name))
	}
	subs, err := f.bus.Subscriptions(context.WithoutCancel(f.Context()))
	if err != nil {
		f.Fatal(err)
	}
	var got []bus.Subscription
	for _, s := range subs {
		got = append(got, bus.Subscription{Name: s.Name, Topic: s.Topic, DeadLetter: s.DeadLetter})
	}
	want := []bus.Subscription{
		{Name: "one", Topic: "topic-of-test", DeadLetter: "one.dead"}, {Name: "two", Topic: "topic-of-test", DeadLetter: "two.dead"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		f.Errorf("subscriptions (-want +got):\n%s", diff)
	}
}
