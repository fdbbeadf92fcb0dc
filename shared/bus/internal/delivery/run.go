package delivery

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/bus"
)

// running is one delivery under way.
type running struct {
	seq      uint64
	lane     string
	message  bus.Message
	deadline time.Time
	ctx      context.Context
	cancel   context.CancelCauseFunc
}

type outcome struct {
	run *running
	err error
}

// start counts the attempt and readies the delivery; step commits, then runs it.
func (l *loop) start(e Entry) {
	e.Message.Attempt++
	ctx, cancel := context.WithCancelCause(l.base)
	r := &running{
		seq: e.Seq, lane: l.laneOf(e.Message), message: e.Message,
		deadline: l.Clock.Now().Add(l.sub.AckDeadline), ctx: ctx, cancel: cancel,
	}
	l.running[e.Seq] = r
	l.starts = append(l.starts, r)
	l.turn.Started = append(l.turn.Started, Attempt{Seq: e.Seq, Count: e.Message.Attempt})
}

// handle runs in its own goroutine.
func (l *loop) handle(r *running) {
	err := l.call(r)
	r.cancel(nil)
	select {
	case l.done <- outcome{run: r, err: err}:
	case <-l.closed: // past its deadline, and nobody is left to tell
	}
}

func (l *loop) call(r *running) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = bus.ErrPanic(fmt.Sprintf("%v\n%s", v, debug.Stack()))
		}
	}()
	return l.handler(r.ctx, r.message)
}

// finish records the end of a delivery, unless its deadline passed before.
func (l *loop) finish(o outcome) {
	r := o.run
	if l.running[r.seq] != r {
		return
	}
	delete(l.running, r.seq)
	if o.err == nil {
		l.turn.Acked = append(l.turn.Acked, r.seq)
		l.leave(r.lane)
		return
	}
	l.Log.LogAttrs(r.ctx, slog.LevelWarn, "delivery failed",
		slog.String("subscription", l.sub.Name), slog.String("message_id", r.message.ID),
		slog.Int("attempt", r.message.Attempt), slog.Any("error", o.err))
	if r.message.Attempt >= l.sub.MaxAttempts {
		l.bury(Entry{Seq: r.seq, Message: r.message}, o.err)
		return
	}
	l.turn.Failed = append(l.turn.Failed, Attempt{Seq: r.seq, Count: r.message.Attempt})
	l.delayed.push(l.Clock.Now().Add(l.sub.Backoff(r.message.Attempt)), r.seq)
}

// bury gives a message up; its key goes on.
func (l *loop) bury(e Entry, cause error) {
	l.turn.Dead = append(l.turn.Dead, Letter{Seq: e.Seq, Message: l.sub.Letter(e.Message, e.Message.Attempt, cause)})
	l.leave(l.laneOf(e.Message))
}

func (l *loop) leave(lane string) {
	if next, ok := l.lanes.leave(lane); ok {
		l.ready.push(next)
	}
}

// expire fails the deliveries whose deadline has passed. Their handlers are
// told through the context and no longer count as workers.
func (l *loop) expire() {
	if l.alarm.quiet {
		return
	}
	l.alarm.quiet = true
	now := l.Clock.Now()
	for _, r := range l.running {
		if now.Before(r.deadline) {
			continue
		}
		r.cancel(context.DeadlineExceeded)
		l.finish(outcome{run: r, err: bus.ErrNoAnswer(l.sub.AckDeadline)})
	}
}
