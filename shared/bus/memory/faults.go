package memory

import (
	"context"
	"encoding/binary"
	"hash/fnv"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/bus"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/clock"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
)

// Faults are what at-least-once delivery permits to go wrong, each with the
// probability (0 to 1) that it does. Whether it strikes depends on the seed,
// the subscription, the message and the attempt only, never on the schedule,
// so that a seed replays.
type Faults struct {
	Seed      uint64
	DropAck   float64 // the handler succeeds, the message comes back; never on the last attempt
	Duplicate float64 // delivered twice with one attempt
	Delay     float64 // delivered after up to MaxDelay
	Reorder   float64 // without a key to keep in order: held for MaxDelay, so that later ones overtake
	MaxDelay  time.Duration
}

var errAckLost = fault.New(fault.Unavailable, "the acknowledgement was lost (injected)")

// wrap breaks h.
func (f Faults) wrap(c clock.Clock, s bus.Subscription, h bus.Handler) bus.Handler {
	if f.DropAck+f.Duplicate+f.Delay+f.Reorder <= 0 {
		return h
	}
	s = s.WithDefaults()
	return func(ctx context.Context, m bus.Message) error {
		if err := clock.Sleep(ctx, c, f.hold(s, m)); err != nil {
			return err
		}
		if err := h(ctx, m); err != nil {
			return err
		}
		if f.chance(s, m, "duplicate") < f.Duplicate {
			if err := h(ctx, m); err != nil {
				return err
			}
		}
		if m.Attempt < s.MaxAttempts && f.chance(s, m, "drop") < f.DropAck {
			return errAckLost
		}
		return nil
	}
}

// hold returns how long the message is held back.
func (f Faults) hold(s bus.Subscription, m bus.Message) time.Duration {
	var d time.Duration
	if f.chance(s, m, "delay") < f.Delay {
		d = time.Duration(f.chance(s, m, "how long") * float64(f.MaxDelay))
	}
	if (!s.Ordered || m.OrderingKey == "") && f.chance(s, m, "reorder") < f.Reorder {
		d = f.MaxDelay
	}
	return d
}

// chance returns a number in [0,1) that is a function of its arguments.
func (f Faults) chance(s bus.Subscription, m bus.Message, what string) float64 {
	h := fnv.New64a()
	var b [16]byte
	binary.BigEndian.PutUint64(b[:8], f.Seed)
	binary.BigEndian.PutUint64(b[8:], uint64(m.Attempt))
	for _, part := range []string{string(b[:]), s.Name, "\x00", m.ID, "\x00", what} {
		_, _ = h.Write([]byte(part)) // a hash never fails
	}
	x := h.Sum64() // FNV mixes its last bytes badly: finish as SplitMix64 does
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return float64((x^x>>31)>>11) / (1 << 53)
}
