package sim

import (
	"cmp"
	"container/heap"
	"errors"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"testing/synctest"
	"time"
)

// scheduler lets one thread at a time go on. A thread runs until it parks at
// its next step; who is next is a matter of the seed's dice and of nothing
// else.
type scheduler struct {
	dice  *rand.Rand
	trace trace
	held  func(*Thread) time.Time // until when a thread may not go on

	mu      sync.Mutex
	arrived []*turn        // since the driver last looked
	names   map[string]int // how often a name was taken
	wake    chan struct{}

	queue  turns
	now    int  // number of the step
	ending bool // nobody goes on any more
}

// turn is a thread, or a deed of the world, that waits to go on.
type turn struct {
	at     time.Time
	tie    uint64
	wait   time.Duration // at the least
	name   string
	point  string
	thread *Thread
	do     func()
}

func newScheduler(dice *rand.Rand, t trace) *scheduler {
	return &scheduler{dice: dice, trace: t, names: map[string]int{}, wake: make(chan struct{}, 1)}
}

// errStuck says that nothing moves any more although something should.
var errStuck = errors.New("nothing moves any more")

// run goes on until done says so; the caller sees to it that something is
// scheduled until then.
func (s *scheduler) run(done func() bool) error {
	for {
		synctest.Wait()
		s.admit()
		if done() {
			return nil
		}
		if !s.idle() {
			continue
		}
		if len(s.queue) == 0 {
			return errStuck
		}
		s.step(heap.Pop(&s.queue).(*turn))
	}
}

// idle lets the time pass until a turn is due; false if something came first.
func (s *scheduler) idle() bool {
	wait := time.Hour
	if len(s.queue) > 0 {
		wait = time.Until(s.queue[0].at)
	}
	if wait <= 0 {
		return true
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return len(s.queue) == 0
	case <-s.wake:
		return false
	}
}

func (s *scheduler) step(t *turn) {
	if t.thread != nil && s.held != nil {
		if until := s.held(t.thread); until.After(time.Now()) && !t.thread.killed {
			t.at = until
			heap.Push(&s.queue, t)
			return
		}
	}
	s.now++
	s.trace.step(s.now, t.name, t.point)
	if t.thread == nil {
		t.do()
		return
	}
	t.thread.turn = nil
	t.thread.resume <- struct{}{}
}

// arrive has t wait for its turn.
func (s *scheduler) arrive(t *turn) {
	s.mu.Lock()
	s.arrived = append(s.arrived, t)
	s.mu.Unlock()
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// admit gives those who arrived their times. They are sorted before the dice
// are cast, since several may have arrived at once.
func (s *scheduler) admit() {
	s.mu.Lock()
	arrived := s.arrived
	s.arrived = nil
	s.mu.Unlock()
	slices.SortStableFunc(arrived, func(a, b *turn) int { return cmp.Or(cmp.Compare(a.name, b.name), cmp.Compare(a.point, b.point)) })
	for _, t := range arrived {
		t.at, t.tie = time.Now().Add(t.wait+s.latency()), s.dice.Uint64()
		if t.thread != nil {
			t.thread.turn = t
		}
		heap.Push(&s.queue, t)
	}
}

// end ends all threads that wait for their turn, and each other at its next
// step.
func (s *scheduler) end() {
	s.ending = true
	synctest.Wait()
	s.admit()
	for len(s.queue) > 0 {
		if t := heap.Pop(&s.queue).(*turn).thread; t != nil {
			t.killed = true
			t.resume <- struct{}{}
			synctest.Wait()
		}
		s.admit()
	}
}

// latency is how long a call takes: mostly little, sometimes seconds.
func (s *scheduler) latency() time.Duration {
	switch n := s.dice.IntN(100); {
	case n < 90:
		return time.Duration(s.dice.Int64N(int64(20 * time.Millisecond)))
	case n < 99:
		return time.Duration(s.dice.Int64N(int64(time.Second)))
	default:
		return time.Duration(s.dice.Int64N(int64(5 * time.Second)))
	}
}

// after has do called, between the threads' turns, when d has passed.
func (s *scheduler) after(d time.Duration, name string, do func()) {
	s.arrive(&turn{wait: d, name: s.unique(name), do: do})
}

func (s *scheduler) unique(name string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.names[name]++
	if n := s.names[name]; n > 1 {
		return name + "~" + itoa(n)
	}
	return name
}

// Thread is one call of a function, or of somebody outside, on its way.
type Thread struct {
	name      string
	execution string // the one that it carries out, if it does
	process   *process
	world     *World
	asked     time.Time // when GitHub last answered, by the process's clock
	sent      time.Time // when it last asked GitHub for a change

	turn   *turn
	resume chan struct{}
	done   chan struct{}
	killed bool
	err    error // what came of it
}

// spawn starts body as a thread.
func (w *World) spawn(name string, body func(t *Thread) error) *Thread {
	t := &Thread{
		name: w.unique(name), world: w, resume: make(chan struct{}), done: make(chan struct{}), err: errDied,
	}
	go func() {
		defer close(t.done)
		t.step("begin", 0)
		t.err = body(t)
	}()
	return t
}

// step parks t until it is its turn. It does not return when t's process was
// killed meanwhile.
func (t *Thread) step(point string, wait time.Duration) {
	if t.killed || t.world.ending {
		runtime.Goexit()
	}
	t.world.arrive(&turn{wait: wait, name: t.name, point: point, thread: t})
	<-t.resume
	if t.killed {
		runtime.Goexit()
	}
}

// turns is a heap, the next turn first.
type turns []*turn

// Len, Less, Swap, Push and Pop implement heap.Interface.
func (q turns) Len() int { return len(q) }

func (q turns) Less(i, j int) bool {
	if q[i].at.Equal(q[j].at) {
		return q[i].tie < q[j].tie
	}
	return q[i].at.Before(q[j].at)
}
func (q turns) Swap(i, j int) { q[i], q[j] = q[j], q[i] }
func (q *turns) Push(x any)   { *q = append(*q, x.(*turn)) }
func (q *turns) Pop() any {
	old := *q
	last := old[len(old)-1]
	old[len(old)-1] = nil
	*q = old[:len(old)-1]
	return last
}
