// Package permit is the last question before something outside is changed: a
// client asks it just before each changing request leaves, so that a freeze
// also stops what was claimed before it. The context carries it, since the
// actions between who may stop a request and who sends it need not know of it.
// It holds no rule: shared/execution says what is asked.
package permit

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
)

// ErrStopped is in the chain of the error of every request that was stopped.
var ErrStopped = errors.New("the request was stopped before it left")

// Permit counts what it let out.
type Permit struct {
	ask  func(ctx context.Context) error
	sent atomic.Int64
}

type contextKey struct{}

// With returns a context whose changing requests ask before they leave. An
// error of ask, whatever its reason, stops them.
func With(ctx context.Context, ask func(ctx context.Context) error) (context.Context, *Permit) {
	p := &Permit{ask: ask}
	return context.WithValue(ctx, contextKey{}, p), p
}

// Sent returns how many changing requests were let out. Above 0 the effect, or
// a part of it, may have been made.
func (p *Permit) Sent() int { return int(p.sent.Load()) }

// Ask returns an error, which wraps ErrStopped, if a changing request of ctx
// must not leave now. A context without a permit acts for no execution, and is
// let through.
func Ask(ctx context.Context) error {
	p, ok := ctx.Value(contextKey{}).(*Permit)
	if !ok {
		return nil
	}
	if err := p.ask(ctx); err != nil {
		return fmt.Errorf("%w: %w", ErrStopped, err)
	}
	p.sent.Add(1)
	return nil
}
