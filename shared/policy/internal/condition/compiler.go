// Package condition compiles the CEL conditions of policies: it checks their
// types against an event's fields, bounds their cost, takes them apart at
// their top-level && and says by which constants each part can be indexed. It
// knows nothing of files, policies and actions.
package condition

import (
	"fmt"
	"sync"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common"
	"cel.dev/cel-go/ext"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/policy/internal/webhook"
)

// maxSource is how long a condition may be, in characters.
const maxSource = 4096

// Compiler compiles expressions over events. It is safe for concurrent use.
type Compiler struct {
	catalogue *webhook.Catalogue
	provider  *provider
	base      *cel.Env

	mu   sync.Mutex
	envs map[string]*cel.Env // by event: "issues.opened"
}

// NewCompiler returns a compiler for the events of c.
func NewCompiler(c *webhook.Catalogue) (*Compiler, error) {
	p, err := newProvider(c)
	if err != nil {
		return nil, err
	}
	base, err := cel.NewEnv(
		cel.CustomTypeProvider(p), cel.CustomTypeAdapter(p.Registry),
		cel.Variable("meta", cel.ObjectType(metaType)),
		ext.Strings(ext.StringsVersion(5)),
		cel.CrossTypeNumericComparisons(true),
		cel.EnableMacroCallTracking(),
		cel.ParserRecursionLimit(64),
		cel.ParserExpressionSizeLimit(maxSource),
		cel.ASTValidators(
			cel.ValidateRegexLiterals(), literalPatterns{}, cel.ValidateDurationLiterals(), cel.ValidateTimestampLiterals(),
			cel.ValidateComprehensionNestingLimit(2),
		),
	)
	if err != nil {
		return nil, fmt.Errorf("make CEL's environment: %w", err)
	}
	return &Compiler{catalogue: c, provider: p, base: base, envs: map[string]*cel.Env{}}, nil
}

// Catalogue returns the events that conditions may be about.
func (c *Compiler) Catalogue() *webhook.Catalogue { return c.catalogue }

// env returns the environment in which `event` has the event's type.
func (c *Compiler) env(event string) (*cel.Env, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e, ok := c.envs[event]; ok {
		return e, nil
	}
	i, ok := c.catalogue.Events[event]
	if !ok {
		return nil, fmt.Errorf("the event %q is unknown", event)
	}
	e, err := c.base.Extend(cel.Variable("event", cel.ObjectType(c.catalogue.Objects[i].Name)))
	if err != nil {
		return nil, fmt.Errorf("make CEL's environment for %s: %w", event, err)
	}
	c.envs[event] = e
	return e, nil
}

// Parse parses source once, for all events that it is checked for.
func (c *Compiler) Parse(source string) (*Parsed, []Problem) {
	ast, issues := c.base.Parse(source)
	if err := issues.Err(); err != nil {
		return nil, problems(issues.Errors(), nil)
	}
	return &Parsed{ast: ast, source: source}, nil
}

// Parsed is an expression that is not checked yet.
type Parsed struct {
	ast    *cel.Ast
	source string
}

// Problem is one mistake in an expression.
type Problem struct {
	Line, Column int // from 1, within the expression
	Message      string
	Hint         string
}

func problems(errs []*common.Error, hint func(*common.Error) string) []Problem {
	out := make([]Problem, len(errs))
	for i, e := range errs {
		out[i] = Problem{Line: max(e.Location.Line(), 1), Column: max(e.Location.Column()+1, 1), Message: plain(e.Message)}
		if hint != nil {
			out[i].Hint = hint(e)
		}
	}
	return out
}
