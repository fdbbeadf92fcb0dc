package sim_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"testing"
	"testing/synctest"

	_ "github.com/InfinityXOneSystems/infinity-matrix/emulators/local" // registers all functions
	"github.com/InfinityXOneSystems/infinity-matrix/emulators/sim"
)

// How a run is asked for. go test has a -trace of its own, hence -steps.
var (
	oneSeed = flag.Uint64("seed", 0, "replay this seed only")
	seeds   = flag.Int("seeds", 100, "how many seeds")
	from    = flag.Uint64("from", 1, "the first of them")
	total   = flag.Int("events", 150, "how many events F1 has")
	steps   = flag.Bool("steps", false, "print each step of the seed that is replayed")
)

// scenario plays in a world and returns what is wrong.
type scenario func(t *testing.T, w *sim.World) []string

// play runs s in a world of its own.
func play(t *testing.T, o sim.Options, s scenario) (wrong []string, digest string) {
	t.Helper()
	o.Dir = t.TempDir()
	if *steps && *oneSeed != 0 {
		o.Trace = os.Stdout
	}
	synctest.Test(t, func(t *testing.T) {
		w, err := sim.New(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		wrong = s(t, w)
		digest = w.Digest()
		if err := w.Close(); err != nil {
			wrong = append(wrong, err.Error())
		}
	})
	return wrong, digest
}

// must plays s and fails t, saying how to play it again, if anything is wrong.
func must(t *testing.T, o sim.Options, s scenario) string {
	t.Helper()
	wrong, digest := play(t, o, s)
	for i, what := range wrong {
		if i == 10 {
			t.Errorf("… and %d more", len(wrong)-i)
			break
		}
		t.Error(what)
	}
	if len(wrong) > 0 {
		t.Errorf("replay: go test ./emulators/sim -run '^%s$' -seed=%d -steps", topName(t), o.Seed)
	}
	return digest
}

// judged collects the evidence and returns the violations.
func judged(t *testing.T, w *sim.World) (sim.Evidence, []string) {
	t.Helper()
	e, err := w.Evidence(t.Context())
	if err != nil {
		return e, []string{err.Error()}
	}
	return e, sim.Violations(e)
}

// each runs f for the seeds that are asked for, n of them by default.
func each(t *testing.T, n int, f func(t *testing.T, seed uint64)) {
	t.Helper()
	first := *from
	if *oneSeed != 0 {
		first, n = *oneSeed, 1
	}
	for i := range uint64(n) {
		t.Run(fmt.Sprint(first+i), func(t *testing.T) {
			t.Parallel()
			f(t, first+i)
		})
	}
}

func topName(t *testing.T) string {
	t.Helper()
	name := t.Name()
	for i, c := range name {
		if c == '/' {
			return name[:i]
		}
	}
	return name
}

// field reads a string in a JSON body.
func field(body []byte, path ...string) string {
	var value any
	if json.Unmarshal(body, &value) != nil {
		return ""
	}
	for _, name := range path {
		doc, ok := value.(map[string]any)
		if !ok {
			return ""
		}
		value = doc[name]
	}
	text, _ := value.(string) // "" fails the test that asks
	return text
}
