package sim

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/emulators/github"
)

// maxSkew is how far a clock may be off, either way, in the mix. Two that differ
// by more than 10 s are beyond what is promised of class B: a request that was
// given up is waited for for 15 s, and may be carried out 5 s late.
const maxSkew = 5 * time.Second

// Swarm draws faults: each kind is there in some worlds only and with another
// strength in each, since faults that are always there hide one another.
func Swarm(dice *rand.Rand) Faults {
	some := func(most float64) float64 {
		if dice.IntN(2) == 0 {
			return 0
		}
		return most * dice.Float64()
	}
	var skew time.Duration
	if dice.IntN(4) == 0 {
		skew = time.Duration(dice.Int64N(int64(maxSkew)))
	}
	return Faults{
		Skew: skew,
		Kill: some(0.02), Stop: some(0.01), StopAtCall: some(0.2),
		Aborted: some(0.2), Unavailable: some(0.05), TimedOut: some(0.02),
		Duplicate: some(0.3), LateAck: some(0.1), Redeliver: some(0.05),
		TaskLost: some(0.1), TaskLate: some(0.2),
		GitHubDown: some(0.1), GitHubLost: some(0.05), GitHubSlow: some(0.05), GitHubLimit: some(0.05), TokenDeath: some(0.02),
	}
}

// triggers are what happens at GitHub in the mix.
var triggers = []string{"issues.opened", "issues.opened", "workflow_run.failed"}

// Happen lets n events happen at GitHub within d, at the seed's times. A fifth
// of the deliveries comes twice, under one id or under two.
func (w *World) Happen(ctx context.Context, n int, d time.Duration) {
	for range n {
		w.after(time.Duration(w.dice.Int64N(int64(d))), "an event happens", func() {
			h, err := w.Occur(ctx, github.Trigger{Name: triggers[w.dice.IntN(len(triggers))]})
			if err != nil {
				w.broken = err
				return
			}
			id := w.DeliveryID()
			w.Deliver(ctx, h, id)
			switch w.dice.IntN(10) {
			case 0:
				w.Deliver(ctx, h, id)
			case 1:
				w.Deliver(ctx, h, w.DeliveryID())
			}
		})
	}
}

// DeliveryID returns a new id, as GitHub gives to a delivery.
func (w *World) DeliveryID() string {
	a, b := w.dice.Uint64(), w.dice.Uint64()
	return fmt.Sprintf("%08x-%04x-4%03x-8%03x-%012x", uint32(a), uint16(a>>32), a>>48&0xfff, b&0xfff, b>>16)
}
