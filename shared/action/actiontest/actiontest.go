// Package actiontest is the conformance suite of actions: what every one must
// do, whatever it works on. A test gives it a fresh world for each check, with
// the action, a request and ways to break the world. It knows no integration.
package actiontest

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/action"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
)

// World is one fresh world in which the request's effect is wanted.
type World struct {
	Action  action.Action
	Request action.Request
	// Effects is how many changes the target has made since the world began.
	Effects func() int
	// State shows the part of the world that the action changes.
	State func() string
	// Break makes the target fail from now on in the named way, or heals it.
	Break func(Trouble)
	// Reached receives when a request has met SlowAnswer, so that its deadline
	// can pass without a wait.
	Reached <-chan struct{}
}

// Trouble is a way in which the target fails.
type Trouble string

// The troubles, and the fault kind that an action must answer each with.
const (
	None        Trouble = ""
	LostAnswer  Trouble = "the next effect is made, then the connection drops" // Unavailable
	SlowAnswer  Trouble = "the next effect is made, its answer comes too late" // Unavailable
	Down        Trouble = "every request is answered 503"                      // Unavailable
	RateLimited Trouble = "every request is refused by a rate limit"           // Exhausted
	Denied      Trouble = "a permission is missing"                            // Forbidden
	Gone        Trouble = "the resource is gone"                               // NotFound
)

var kinds = map[Trouble]fault.Kind{
	Down: fault.Unavailable, RateLimited: fault.Exhausted, Denied: fault.Forbidden, Gone: fault.NotFound,
}

// Run checks one action. Each call of fresh gives a new world; bad are
// arguments that the action must refuse.
func Run(t *testing.T, fresh func(t *testing.T) World, bad []string) {
	t.Helper()
	for name, check := range map[string]func(*testing.T, World){
		"spec is sane":                       sane,
		"key tells effects apart":            keyed,
		"plan writes nothing":                planWritesNothing,
		"apply makes one effect":             applyOnce,
		"a lost answer makes no second":      lostAnswer,
		"a missed deadline makes no second":  missedDeadline,
		"a passed deadline makes none":       passedDeadline,
		"revert restores, twice is harmless": revert,
		"another kind is refused":            otherKind,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			check(t, fresh(t))
		})
	}
	for trouble := range kinds {
		t.Run(string(trouble), func(t *testing.T) {
			t.Parallel()
			troubled(t, fresh(t), trouble)
		})
	}
	t.Run("bad arguments are refused", func(t *testing.T) {
		t.Parallel()
		badArgs(t, fresh(t), append(bad, `{"unknown_argument":1}`, `[]`, `null`, `{`))
	})
}

func sane(t *testing.T, w World) {
	t.Helper()
	s := w.Action.Spec()
	if s.Name == "" || s.Summary == "" || s.Kind == "" || len(s.Permissions) == 0 {
		t.Errorf("spec lacks a name, summary, kind or permissions: %+v", s)
	}
	if _, prober := w.Action.(action.Prober); prober != (s.Class == action.ClassB) {
		t.Errorf("class %s, prober: %t; class B and only it probes", s.Class, prober)
	}
	if _, reverter := w.Action.(action.Reverter); reverter != s.Reversible {
		t.Errorf("reversible: %t, reverter: %t", s.Reversible, reverter)
	}
	if s.Settle < 0 || s.Settle > time.Minute {
		t.Errorf("the effect is let settle for %s; want at most a minute", s.Settle)
	}
	var schema map[string]any
	if err := json.Unmarshal(s.Args, &schema); err != nil {
		t.Fatalf("arguments' schema: %v", err)
	}
	if schema["type"] != "object" || schema["additionalProperties"] != false {
		t.Error("the schema is not of an object without additional properties")
	}
	if err := validate(t, s, string(w.Request.Args)); err != nil {
		t.Errorf("the world's own arguments: %v", err)
	}
}

// validate checks args by the schema alone, as policies and models do.
func validate(t *testing.T, s action.Spec, args string) error {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(string(s.Args)))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("args.json", doc); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("args.json")
	if err != nil {
		t.Fatalf("schema does not compile: %v", err)
	}
	value, err := jsonschema.UnmarshalJSON(strings.NewReader(args))
	if err != nil {
		return err
	}
	return schema.Validate(value)
}

func badArgs(t *testing.T, w World, bad []string) {
	t.Helper()
	for _, args := range bad {
		if validate(t, w.Action.Spec(), args) == nil {
			t.Errorf("the schema takes %s", args)
		}
		r := w.Request
		r.Args = json.RawMessage(args)
		if _, err := w.Action.Plan(t.Context(), r); !fault.Is(err, fault.Invalid) {
			t.Errorf("Plan with %s: %v, want %s", args, err, fault.Invalid)
		}
		if _, err := w.Action.Key(r.Target, r.Args); !fault.Is(err, fault.Invalid) {
			t.Errorf("Key with %s: %v, want %s", args, err, fault.Invalid)
		}
	}
	if n := w.Effects(); n != 0 {
		t.Errorf("%d effects", n)
	}
}

func otherKind(t *testing.T, w World) {
	t.Helper()
	w.Request.Target.Kind = "planet"
	if _, err := w.Action.Apply(t.Context(), w.Request, action.Plan{}); !fault.Is(err, fault.Invalid) || w.Effects() != 0 {
		t.Errorf("got %v and %d effects, want %s and none", err, w.Effects(), fault.Invalid)
	}
}

func keyed(t *testing.T, w World) {
	t.Helper()
	one, err := w.Action.Key(w.Request.Target, w.Request.Args)
	if err != nil || one == "" {
		t.Fatalf("Key: %q, %v", one, err)
	}
	two, err := w.Action.Key(w.Request.Target, w.Request.Args)
	if err != nil || one != two {
		t.Errorf("the same request has the keys %q and %q (%v)", one, two, err)
	}
}
