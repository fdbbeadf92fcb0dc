package delivery

import (
	"context"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/bus"
)

const (
	scanLimit   = 64      // messages read at once
	turnLimit   = 1024    // skipped messages a turn acknowledges
	parkedLimit = 1 << 20 // sequence numbers held for busy keys: 8 MiB
	settleAfter = 50 * time.Millisecond
)

// loop is owned by the goroutine in run; handlers talk to it through done.
type loop struct {
	Deps
	base    context.Context // of the handlers: outlives the end of Serve
	sub     bus.Subscription
	log     Log
	handler bus.Handler

	done    chan outcome
	closed  chan struct{}
	running map[uint64]*running
	lanes   lanes
	ready   queue   // unparked and due again, by sequence number
	delayed delayed // waiting for their back-off
	buffer  []Entry // scanned, not yet looked at
	cursor  uint64
	dry     bool // the log had no more when last scanned
	dirty   bool // something was committed since Settle
	turn    Turn
	starts  []*running
	alarm   alarm
}

func newLoop(ctx context.Context, d Deps, s bus.Subscription, l Log, h bus.Handler) *loop {
	return &loop{
		Deps: d, base: context.WithoutCancel(ctx), sub: s, log: l, handler: h,
		done: make(chan outcome, s.Workers), closed: make(chan struct{}),
		running: make(map[uint64]*running, s.Workers), lanes: lanes{queues: map[string]*queue{}},
		alarm: alarm{clock: d.Clock},
	}
}

func (l *loop) run(ctx context.Context) error {
	for {
		more, err := l.step(ctx.Err() != nil)
		if err != nil {
			l.drain()
			return err
		}
		switch {
		case ctx.Err() != nil && len(l.running) == 0:
			return l.log.Settle()
		case more:
			continue
		}
		if err := l.wait(ctx); err != nil {
			return err
		}
	}
}

// step takes one turn: what ended, what is due, what can start. It reports
// whether it stopped early and should be called again at once.
func (l *loop) step(stopping bool) (more bool, err error) {
	l.expire()
	l.wake()
	if !stopping {
		if more, err = l.fill(); err != nil {
			return false, err
		}
	}
	if l.turn.Empty() {
		return more, nil
	}
	if err := l.log.Commit(&l.turn); err != nil {
		return false, err
	}
	l.dirty = true
	l.turn = Turn{Acked: l.turn.Acked[:0], Failed: l.turn.Failed[:0], Started: l.turn.Started[:0]}
	for _, r := range l.starts {
		go l.handle(r)
	}
	clear(l.starts)
	l.starts = l.starts[:0]
	return more, nil
}

// fill starts messages while there are workers and messages.
func (l *loop) fill() (more bool, err error) {
	for len(l.running) < l.sub.Workers {
		e, ok, err := l.next()
		if err != nil {
			return false, err
		}
		if !ok {
			return len(l.turn.Acked) >= turnLimit, nil
		}
		if e.Message.Attempt >= l.sub.MaxAttempts { // the process died with it
			l.bury(e, bus.ErrNoAnswer(l.sub.AckDeadline))
			continue
		}
		l.start(e)
	}
	return false, nil
}

// next returns a message that may be delivered now.
func (l *loop) next() (Entry, bool, error) {
	if seq, ok := l.ready.pop(); ok {
		e, err := l.log.Load(seq)
		return e, err == nil, err
	}
	for len(l.turn.Acked) < turnLimit {
		if len(l.buffer) == 0 {
			if l.dry || l.lanes.parked >= parkedLimit {
				return Entry{}, false, nil
			}
			entries, err := l.log.Scan(l.cursor, scanLimit)
			if err != nil {
				return Entry{}, false, err
			}
			l.buffer, l.dry = entries, len(entries) < scanLimit
			continue
		}
		e := l.buffer[0]
		l.buffer[0] = Entry{}
		l.buffer, l.cursor = l.buffer[1:], e.Seq
		switch {
		case !l.sub.Matches(e.Message.Attributes):
			l.turn.Acked = append(l.turn.Acked, e.Seq)
		case l.lanes.enter(l.laneOf(e.Message), e.Seq):
			return e, true, nil
		}
	}
	return Entry{}, false, nil
}

func (l *loop) laneOf(m bus.Message) string {
	if l.sub.Ordered {
		return m.OrderingKey
	}
	return ""
}

// wait blocks until there is something to do.
func (l *loop) wait(ctx context.Context) error {
	stop := ctx.Done()
	if ctx.Err() != nil {
		stop = nil // only the handlers are waited for
	}
	var idle <-chan time.Time
	if l.dirty && len(l.running) == 0 {
		idle = l.Clock.After(settleAfter)
	}
	select {
	case o := <-l.done:
		l.finish(o)
		l.finishAll()
	case <-l.log.Changed():
		l.dry = false
	case <-l.alarm.at(l.nextDue()):
		l.alarm.rang()
	case <-idle:
		l.dirty = false
		return l.log.Settle()
	case <-stop:
	}
	return nil
}

// finishAll takes what else has ended, so that one commit serves them all.
func (l *loop) finishAll() {
	for {
		select {
		case o := <-l.done:
			l.finish(o)
		default:
			return
		}
	}
}

// drain waits for handlers after the log has failed; nothing can be recorded.
func (l *loop) drain() {
	for _, r := range l.starts {
		delete(l.running, r.seq)
	}
	for len(l.running) > 0 {
		select {
		case o := <-l.done:
			delete(l.running, o.run.seq)
		case <-l.alarm.at(l.nextDue()):
			l.alarm.rang()
			l.expire()
		}
	}
}
