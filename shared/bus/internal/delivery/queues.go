package delivery

import (
	"container/heap"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/clock"
)

// queue is a first-in first-out of sequence numbers.
type queue struct {
	items []uint64
	head  int
}

func (q *queue) push(seq uint64) { q.items = append(q.items, seq) }

func (q *queue) pop() (uint64, bool) {
	if q.head == len(q.items) {
		q.items, q.head = q.items[:0], 0
		return 0, false
	}
	seq := q.items[q.head]
	q.head++
	if q.head > 1024 && q.head*2 > len(q.items) { // give the front back
		q.items, q.head = append([]uint64(nil), q.items[q.head:]...), 0
	}
	return seq, true
}

// lanes keep the order of each key: a key that is busy parks the sequence
// numbers behind it, never their bodies, and no other key waits for it.
type lanes struct {
	queues map[string]*queue // present means busy
	parked int
}

// enter reports whether seq may go now; otherwise it is parked. The lane ""
// has no order.
func (l *lanes) enter(lane string, seq uint64) bool {
	if lane == "" {
		return true
	}
	q, busy := l.queues[lane]
	switch {
	case !busy:
		l.queues[lane] = nil
		return true
	case q == nil:
		q = &queue{}
		l.queues[lane] = q
	}
	q.push(seq)
	l.parked++
	return false
}

// leave frees the lane, or returns who is next in it.
func (l *lanes) leave(lane string) (next uint64, ok bool) {
	if lane == "" {
		return 0, false
	}
	if q := l.queues[lane]; q != nil {
		if next, ok = q.pop(); ok {
			l.parked--
			return next, true
		}
	}
	delete(l.queues, lane)
	return 0, false
}

// delayed holds what waits for its back-off, the earliest first.
type delayed []delay

type delay struct {
	at  time.Time
	seq uint64
}

// Len, Less, Swap, Push and Pop implement heap.Interface.
func (d delayed) Len() int           { return len(d) }
func (d delayed) Less(i, j int) bool { return d[i].at.Before(d[j].at) }
func (d delayed) Swap(i, j int)      { d[i], d[j] = d[j], d[i] }
func (d *delayed) Push(x any)        { *d = append(*d, x.(delay)) }
func (d *delayed) Pop() any {
	old := *d
	last := old[len(old)-1]
	*d = old[:len(old)-1]
	return last
}

func (d *delayed) push(at time.Time, seq uint64) { heap.Push(d, delay{at: at, seq: seq}) }

// wake moves what is due to ready.
func (l *loop) wake() {
	if len(l.delayed) == 0 {
		return
	}
	now := l.Clock.Now()
	for len(l.delayed) > 0 && !l.delayed[0].at.After(now) {
		l.ready.push(heap.Pop(&l.delayed).(delay).seq)
	}
}

// nextDue returns when the loop must look again; zero for never. Deadlines are
// looked at only when an alarm is to be set: they only grow.
func (l *loop) nextDue() time.Time {
	var due time.Time
	if len(l.delayed) > 0 {
		due = l.delayed[0].at
	}
	if l.alarm.ch != nil && (due.IsZero() || !due.Before(l.alarm.when)) {
		return l.alarm.when
	}
	for _, r := range l.running {
		if due.IsZero() || r.deadline.Before(due) {
			due = r.deadline
		}
	}
	return due
}

// alarm is one waiting channel of the clock, set anew only when it must ring
// earlier, so that a delivery costs no timer.
type alarm struct {
	clock clock.Clock
	ch    <-chan time.Time
	when  time.Time
	quiet bool // has not rung since expire looked
}

func (a *alarm) at(when time.Time) <-chan time.Time {
	if when.IsZero() {
		return nil
	}
	if a.ch == nil || when.Before(a.when) {
		a.ch, a.when = a.clock.After(when.Sub(a.clock.Now())), when
	}
	return a.ch
}

func (a *alarm) rang() { a.ch, a.quiet = nil, false }
