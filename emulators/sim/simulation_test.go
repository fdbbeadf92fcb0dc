package sim_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/emulators/sim"
)

// events is how many events a seed of the mix has.
const events = 10

// mix is the world of a seed: faults of all kinds, then none, and all that was
// accepted must be done, once, permitted and recorded.
func mix(t *testing.T, w *sim.World) []string {
	t.Helper()
	w.Happen(t.Context(), events, 5*time.Minute)
	if err := w.People(t.Context(), 15*time.Minute); err != nil {
		return []string{err.Error()}
	}
	if err := w.Freezes(t.Context(), 15*time.Minute); err != nil {
		return []string{err.Error()}
	}
	wrong := run(w, 20*time.Minute)
	wrong = append(wrong, drained(t, w, time.Hour)...)
	_, more := judged(t, w)
	return append(wrong, more...)
}

// run lets the world go on with its faults.
func run(w *sim.World, d time.Duration) []string {
	if err := w.Run(d); err != nil {
		return []string{err.Error()}
	}
	return nil
}

// drained ends the faults and lets all come to its end (I8).
func drained(t *testing.T, w *sim.World, limit time.Duration) []string {
	t.Helper()
	w.Calm()
	w.Recover(t.Context(), "agent-orchestrator")
	if _, err := w.Drain(t.Context(), limit); err != nil {
		return []string{"I8: " + err.Error()}
	}
	return nil
}

func mixed(seed uint64) sim.Options {
	return sim.Options{Seed: seed, Rules: sim.Mix(), Faults: sim.Swarm(rand.New(rand.NewPCG(seed, 1)))}
}

// TestSimulation plays the mix of faults with many seeds.
func TestSimulation(t *testing.T) {
	t.Parallel()
	each(t, *seeds, func(t *testing.T, seed uint64) {
		t.Helper()
		must(t, mixed(seed), mix)
	})
}

// TestSameSeedSameTrace: a seed replays, or a failure could not be looked at.
func TestSameSeedSameTrace(t *testing.T) {
	t.Parallel()
	each(t, 3, func(t *testing.T, seed uint64) {
		t.Helper()
		_, once := play(t, mixed(seed), mix)
		_, twice := play(t, mixed(seed), mix)
		_, other := play(t, mixed(seed+1000), mix)
		if once != twice {
			t.Errorf("seed %d gave the traces %.12s and %.12s", seed, once, twice)
		}
		if once == other {
			t.Errorf("two seeds gave one trace %.12s: it tells nothing", once)
		}
	})
}
