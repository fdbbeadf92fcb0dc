package decision_test

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/action"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/autonomy"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/autonomy/autonomytest"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/decision"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/execution"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
)

// configured is a rig whose policies and autonomy.yaml are files.
type configured struct {
	*rig
	files   safeFS
	machine *execution.Machine
	edits   time.Duration
}

// safeFS is a MapFS that is written while it is read.
type safeFS struct {
	mu    *sync.Mutex
	files fstest.MapFS
}

func (s safeFS) Open(name string) (fs.File, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.files).Open(name)
}

func newConfigured(t *testing.T, policies, trusted string) *configured {
	t.Helper()
	c := &configured{rig: newRig(t, ""), files: safeFS{&sync.Mutex{}, fstest.MapFS{}}}
	c.write("policies/test.yaml", "policies:\n"+policies)
	c.write(autonomy.File, trusted)
	c.restart()
	return c
}

// restart makes everything anew on the files as they are.
func (c *configured) restart() {
	log := slog.New(slog.DiscardHandler)
	p := decision.NewFolder(c.files, c.deps.Actions, c.clock, log)
	a := autonomy.NewFolder(c.files, c.deps.Actions, c.clock, log)
	c.deps.Policies, c.deps.Autonomy = p, a
	c.engine = decision.NewEngine(c.deps)
	c.machine = execution.NewMachine(execution.Deps{Store: c.store, Clock: c.clock, Gates: decision.Gates(p, a)})
}

// write writes a file; "" takes it away.
func (c *configured) write(name, text string) {
	c.files.mu.Lock()
	defer c.files.mu.Unlock()
	if c.edits++; text == "" {
		delete(c.files.files, name)
		return
	}
	c.files.files[name] = &fstest.MapFile{Data: []byte(text), ModTime: start.Add(c.edits)}
}

// claim claims id as often as others are in the way.
func (c *configured) claim(t *testing.T, id string) execution.Execution {
	t.Helper()
	for {
		x, err := c.machine.Claim(t.Context(), id, "w")
		if errors.Is(err, store.ErrConflict) {
			continue
		}
		if err != nil {
			t.Error(err)
		}
		return x
	}
}

// How many executions are in flight: many where the number is the point.
const many, few = 1000, 60

// flood decides so many events that n executions are on their way: of two
// capabilities, half of them at once and half after a veto window.
func (c *configured) flood(t *testing.T, n int) []execution.Execution {
	t.Helper()
	var all []execution.Execution
	for i := range n / 2 {
		d := c.decide(t, issue(fmt.Sprint("e", i), fmt.Sprint(100+i), ""))
		for _, p := range d.Proposals {
			all = append(all, c.tell(t, c.execution(t, p.ExecutionID)))
		}
	}
	if len(all) != n {
		t.Fatalf("%d executions are in flight", len(all))
	}
	return all
}

// tell tells people of x, if it waits for them.
func (c *configured) tell(t *testing.T, x execution.Execution) execution.Execution {
	t.Helper()
	if x.State != execution.Waiting {
		return x
	}
	x, err := c.machine.Propose(t.Context(), x, action.Plan{Effects: []action.Effect{{Verb: "end"}}})
	if err != nil {
		t.Fatal(err)
	}
	if x, err = c.machine.Told(t.Context(), x); err != nil {
		t.Fatal(err)
	}
	return x
}

const twoPolicies = `  - {name: recover, on: com.github.issues.opened, do: fake.final, capability: error-recovery, autonomy: L5}
  - {name: detect, on: com.github.issues.opened, do: {action: fake.final, with: {text: x}}, capability: error-detection, autonomy: L4}
`

// TestF19PolicyStricterInFlight: with 1,000 executions in flight nothing runs
// that a stricter version of the configuration forbids.
func TestF19PolicyStricterInFlight(t *testing.T) {
	t.Parallel()
	strict := func(old, replacement string) string {
		text := strings.Replace(autonomytest.File(), old, replacement, 1)
		if text == autonomytest.File() {
			t.Fatalf("%q is not there", old)
		}
		return text
	}
	const detection = "error-detection: {level: L5"
	for name, c := range map[string]struct {
		policies, trusted string // "": as before
		forbids           []string
		n                 int
	}{
		"nothing is stricter":     {"", autonomytest.File() + "# a comment\n", nil, few},
		"a capability's level":    {"", strict(detection, "error-detection: {level: L3"), []string{"detect"}, many},
		"a capability's actions":  {"", strict(detection+", actions: [\"*\"]", detection+", actions: [fake.undoable]"), []string{"detect"}, few},
		"no actions":              {"", strict(detection+", actions: [\"*\"]", detection+", actions: []"), []string{"detect"}, few},
		"a capability's places":   {"", strict(detection+`, actions: ["*"], repositories: ["*/*"]`, detection+`, actions: ["*"], repositories: [other/*]`), []string{"detect"}, few},
		"authors":                 {"", strict("none: L5", "none: L4"), []string{"recover"}, few},
		"all authors":             {"", strict("none: L5", "none: L1"), []string{"recover", "detect"}, few},
		"a policy's level":        {strings.Replace(twoPolicies, "L5", "L2", 1), "", []string{"recover"}, few},
		"a policy is gone":        {strings.SplitAfter(twoPolicies, "\n")[0], "", []string{"detect"}, few},
		"a policy is of another":  {strings.Replace(twoPolicies, "capability: error-detection", "capability: cost-optimization", 1), strict("cost-optimization: {level: L5", "cost-optimization: {level: L1"), []string{"detect"}, few},
		"a policy does something": {strings.Replace(twoPolicies, "do: fake.final", "do: fake.undoable", 1), "", []string{"recover"}, few},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newConfigured(t, twoPolicies, autonomytest.File())
			all := r.flood(t, c.n)
			r.clock.Advance(6 * time.Minute) // no veto
			for _, x := range all[:c.n/2] {
				if x = r.claim(t, x.ID); x.State != execution.Running {
					t.Fatalf("before: %s is %s: %s", x.Policy, x.State, x.Reason)
				}
			}
			if c.policies != "" {
				r.write("policies/test.yaml", "policies:\n"+c.policies)
			}
			if c.trusted != "" {
				r.write(autonomy.File, c.trusted)
			}
			r.clock.Advance(time.Second)
			r.drain(t, all[c.n/2:], c.forbids)
		})
	}
}

// drain claims what is left, eight at once: of the policies that are forbidden
// nothing may run, and of the others everything has to.
func (c *configured) drain(t *testing.T, left []execution.Execution, forbids []string) {
	t.Helper()
	var wg sync.WaitGroup
	next := make(chan string)
	for range 8 {
		wg.Go(func() {
			for id := range next {
				c.claim(t, id)
			}
		})
	}
	for _, x := range left {
		next <- x.ID
	}
	close(next)
	wg.Wait()
	for _, x := range left {
		now, forbidden := c.execution(t, x.ID), false
		for _, p := range forbids {
			forbidden = forbidden || p == x.Policy
		}
		switch {
		case forbidden && (now.State != execution.Blocked || now.Reason == ""):
			t.Errorf("%s is %s, which is forbidden now", x.Policy, now.State)
		case !forbidden && now.State != execution.Running:
			t.Errorf("%s is %s: %s", x.Policy, now.State, now.Reason)
		}
	}
}

// TestF19UnreadableIsLastGoodThenObserve: while a file cannot be read, what it
// said before is in force for 15 minutes; then events are only observed, and
// nothing that is in flight runs.
func TestF19UnreadableIsLastGoodThenObserve(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		file, text, good string
		n                int
	}{
		"autonomy.yaml broken":  {autonomy.File, "capabilities: {error-recovery: {level: L9}}\n", autonomytest.File(), many},
		"autonomy.yaml missing": {autonomy.File, "", autonomytest.File(), few},
		"policies broken":       {"policies/test.yaml", "policies: [{name: x}]\n", "policies:\n" + twoPolicies, few},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newConfigured(t, twoPolicies, autonomytest.File())
			all := r.flood(t, c.n)
			r.write(c.file, c.text)
			r.clock.Advance(time.Second) // it is seen
			r.decide(t, issue("seen", "1", ""))
			r.clock.Advance(15*time.Minute - time.Microsecond)
			r.drain(t, all[:c.n/2], nil)
			if d := r.decide(t, issue("last good", "2", "")); d.Category != string(execution.Automatic) {
				t.Errorf("within 15 minutes it was decided %s: %s", d.Category, d.Note)
			}
			r.clock.Advance(time.Microsecond)
			queued := len(r.queue.tasks)
			if d := r.decide(t, issue("observe", "3", "")); d.Category != decision.Observe && d.Category != string(execution.Record) {
				t.Errorf("after 15 minutes it was decided %s", d.Category)
			}
			if len(r.queue.tasks) != queued {
				t.Error("something was queued after 15 minutes")
			}
			r.drain(t, all[c.n/2:c.n-2], []string{"recover", "detect"})
			r.write(c.file, c.good)
			r.clock.Advance(time.Second)
			r.drain(t, all[c.n-2:], nil)
		})
	}
}
