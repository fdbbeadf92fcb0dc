package policy

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/policy/internal/condition"
)

// maxSteps is how many actions a policy may list: more is a program.
const maxSteps = 10

// compiledStep is how the arguments of one step are made.
type compiledStep struct {
	schema *jsonschema.Schema // of the arguments; nil: any
	args   map[string]template
	static json.RawMessage // the arguments, where no event is needed for them
}

// path is where step i stands within its policy.
func (src *Source) path(i int, more ...string) []string {
	if src.List {
		return append([]string{"do", strconv.Itoa(i)}, more...)
	}
	return append([]string{"do"}, more...)
}

// steps finds what is wrong with the policy's steps as a list.
func (b *adding) steps() []compiledStep {
	do := b.src.Do
	if len(do) == 0 || len(do) > maxSteps {
		b.find([]string{"do"}, 1, 1, fmt.Sprintf("do lists %d actions", len(do)), fmt.Sprintf("list 1 to %d", maxSteps))
		return nil
	}
	for i := range do {
		for j := range i {
			if reflect.DeepEqual(do[i], do[j]) {
				b.find(b.src.path(i), 1, 1, fmt.Sprintf("step %d is the same as step %d", i+1, j+1), "what is done once is done")
			}
		}
	}
	return make([]compiledStep, len(do))
}

// arguments compiles the arguments of step i for one event.
func (b *adding) arguments(steps []compiledStep, i int, event string) {
	do, c := b.src.Do[i], &steps[i]
	spec, ok := b.set.actions[do.Action]
	if !ok {
		b.find(b.src.path(i), 1, 1, fmt.Sprintf("the action %q is unknown", do.Action), "`infinity policy schema` lists them")
		return
	}
	with := do.With
	if with == nil {
		with = map[string]any{}
	}
	found := len(b.findings)
	a := arguments{compiler: b.set.compiler, event: event, problem: b.find, at: b.src.path(i, "with"), holes: map[string]hole{}}
	made, sample := a.compile(with, a.at)
	if len(b.findings) > found {
		return
	}
	if spec.args != nil {
		a.check(spec.args, sample)
	}
	if c.args == nil {
		c.schema, c.args = spec.args, map[string]template{}
	}
	c.args[event] = made
	if len(a.holes) > 0 || len(b.findings) > found {
		return
	}
	v, err := made(nil)
	if err == nil {
		c.static, err = json.Marshal(v)
	}
	if err != nil {
		b.find(b.src.path(i), 1, 1, err.Error(), "")
	}
}

// static returns the arguments of all steps, nil if one needs the event.
func static(steps []compiledStep) []json.RawMessage {
	args := make([]json.RawMessage, len(steps))
	for i := range steps {
		if steps[i].static == nil {
			return nil
		}
		args[i] = steps[i].static
	}
	return args
}

// make returns the step's arguments for the event.
func (c *compiledStep) make(event string, f *condition.Facts) (json.RawMessage, error) {
	if c.static != nil {
		return c.static, nil
	}
	v, err := c.args[event](f)
	if err != nil {
		return nil, fmt.Errorf("evaluate: %w", err)
	}
	raw, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("write as JSON: %w", err)
	}
	if c.schema != nil {
		var decoded any
		if err := json.Unmarshal(raw, &decoded); err != nil {
			return nil, fmt.Errorf("read back: %w", err)
		}
		if err := c.schema.Validate(decoded); err != nil {
			return nil, fmt.Errorf("do not fit the action: %s", mistakes(err))
		}
	}
	return raw, nil
}
