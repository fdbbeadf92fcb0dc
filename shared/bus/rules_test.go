package bus_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/bus"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
)

func TestBackoff(t *testing.T) {
	t.Parallel()
	s := bus.Subscription{Name: "s", Topic: "t", MaxBackoff: 5 * time.Second}.WithDefaults()
	var got []time.Duration
	for _, attempt := range []int{1, 2, 3, 4, 1000} {
		got = append(got, s.Backoff(attempt)/time.Second)
	}
	if diff := cmp.Diff([]time.Duration{1, 2, 4, 5, 5}, got); diff != "" {
		t.Errorf("seconds (-want +got):\n%s", diff)
	}
}

func TestWithDefaults(t *testing.T) {
	t.Parallel()
	want := bus.Subscription{
		Name: "s", Topic: "t", Workers: 8, AckDeadline: time.Minute, MaxAttempts: 5,
		MinBackoff: time.Second, MaxBackoff: time.Minute, DeadLetter: "s.dead",
	}
	if diff := cmp.Diff(want, bus.Subscription{Name: "s", Topic: "t"}.WithDefaults()); diff != "" {
		t.Errorf("defaults (-want +got):\n%s", diff)
	}
}

func TestValidate(t *testing.T) {
	t.Parallel()
	for _, s := range []bus.Subscription{{Topic: "t"}, {Name: "s"}, {Name: "a\x00b", Topic: "t"}, {Name: "s", Topic: "t", DeadLetter: "\x00"}} {
		if err := s.Validate(); !fault.Is(err, fault.Invalid) {
			t.Errorf("%+v: %v", s, err)
		}
	}
}

func TestLetterTellsNoCause(t *testing.T) {
	t.Parallel()
	given := map[string]string{"a": "1"}
	published := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	m := bus.Subscription{Name: "s"}.Letter(bus.Message{ID: "7", Data: []byte("d"), Attributes: given, PublishedAt: published}, 5, errors.New("token=hunter2"))
	reason, _ := fault.Public(errors.New("x"))
	want := bus.Message{Data: []byte("d"), Attributes: map[string]string{
		"a": "1", bus.AttrDeadReason: reason, bus.AttrDeadAttempts: "5", bus.AttrDeadSubscription: "s",
		bus.AttrDeadFirst: "2026-11-01T12:00:00Z",
	}}
	if diff := cmp.Diff(want, m); diff != "" || len(given) != 1 {
		t.Errorf("letter (-want +got):\n%s; given attributes now %v", diff, given)
	}
}

// A replayed message is for the subscription that gave it up, and no other.
func TestReplayedIsForOne(t *testing.T) {
	t.Parallel()
	replayed := map[string]string{bus.AttrReplayedTo: "s"}
	if !(bus.Subscription{Name: "s"}).Matches(replayed) || (bus.Subscription{Name: "other"}).Matches(replayed) {
		t.Error("the wrong subscription takes a replayed message")
	}
}
