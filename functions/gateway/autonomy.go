package gateway

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/autonomy"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/control"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/decision"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/document/suggest"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/policy"
)

// Trusted is what may be done, and by which policies.
type Trusted struct {
	Policies decision.Policies
	Autonomy interface {
		autonomy.Source
		// Status says why the file is not good, and until when what it said
		// before is in force.
		Status() (until time.Time, err error)
	}
	Reversible func(action string) bool
}

// AutonomyAnswer is autonomy.yaml as it is in force.
type AutonomyAnswer struct {
	InForce      bool                      `json:"in_force" doc:"false: everything is only recorded"`
	Problem      string                    `json:"problem,omitempty" doc:"why the file is not good now"`
	Until        *time.Time                `json:"until,omitempty" doc:"with a problem: when what it said before ceases to be in force"`
	Digest       string                    `json:"digest,omitempty"`
	Authors      map[autonomy.Trust]string `json:"authors,omitempty" doc:"the highest level by what the event's author is to the repository"`
	Capabilities []CapabilityAnswer        `json:"capabilities" nullable:"false"`
}

// CapabilityAnswer is one of the ten capabilities.
type CapabilityAnswer struct {
	Name         string                    `json:"name"`
	Level        string                    `json:"level" doc:"L1 if autonomy.yaml does not list it"`
	Actions      []string                  `json:"actions,omitempty"`
	Repositories []string                  `json:"repositories,omitempty"`
	Authors      map[autonomy.Trust]string `json:"authors,omitempty" doc:"instead of those of the whole file"`
	Limits       []autonomy.Use            `json:"limits,omitempty"`
	Policies     []string                  `json:"policies,omitempty" doc:"that work for it"`
	Frozen       string                    `json:"frozen,omitempty" doc:"the scope of the freeze that it is under"`
}

// PolicyAutonomy is how much one policy may do, and why.
type PolicyAutonomy struct {
	Policy     string           `json:"policy"`
	Capability string           `json:"capability"`
	Actions    []string         `json:"actions"`
	Author     autonomy.Trust   `json:"author"`
	Repository string           `json:"repository,omitempty"`
	Level      string           `json:"level" doc:"the lowest of the bounds"`
	Category   string           `json:"category" enum:"Record,Manual,Alert,Automatic"`
	Bounds     []autonomy.Bound `json:"bounds" nullable:"false"`
}

func (a *api) autonomy() {
	route(a, http.MethodGet, "/v1/autonomy", "Say how far the platform is trusted with what, and what is used up of it", func(ctx context.Context, _ *struct{}) (*one[AutonomyAnswer], error) {
		answer, err := a.trusted(ctx)
		return &one[AutonomyAnswer]{answer}, err
	})
	type input struct {
		Name       string         `path:"id" minLength:"1" maxLength:"64" doc:"of a policy"`
		Author     autonomy.Trust `query:"author" enum:"owner,member,collaborator,contributor,none" default:"none" doc:"what the event's author is to the repository"`
		Repository string         `query:"repository" maxLength:"256" doc:"owner/name; without it, one that the capability lists"`
	}
	route(a, http.MethodGet, "/v1/autonomy/{id}", "Say how much a policy may do, and why", func(_ context.Context, in *input) (*one[PolicyAutonomy], error) {
		answer, err := a.d.Trusted.policy(in.Name, in.Repository, in.Author)
		return &one[PolicyAutonomy]{answer}, err
	})
}

func (a *api) trusted(ctx context.Context) (AutonomyAnswer, error) {
	m := a.d.Trusted.Autonomy.Current()
	answer := AutonomyAnswer{InForce: m != nil, Capabilities: []CapabilityAnswer{}}
	if until, err := a.d.Trusted.Autonomy.Status(); err != nil {
		answer.Problem = err.Error()
		if !until.IsZero() {
			answer.Until = &until
		}
	}
	if m != nil {
		answer.Digest, answer.Authors = m.Digest(), m.Authors
	}
	policies := a.d.Trusted.byCapability()
	for _, name := range autonomy.Capabilities {
		c := CapabilityAnswer{Name: name, Level: autonomy.L1, Policies: policies[name]}
		f, frozen, err := control.Frozen(ctx, a.d.Store, control.Capability(name))
		if err != nil {
			return AutonomyAnswer{}, err
		}
		if frozen {
			c.Frozen = f.Scope
		}
		if err := a.capability(ctx, m, &c); err != nil {
			return AutonomyAnswer{}, err
		}
		answer.Capabilities = append(answer.Capabilities, c)
	}
	return answer, nil
}

// capability fills in what m says of c.
func (a *api) capability(ctx context.Context, m *autonomy.Matrix, c *CapabilityAnswer) (err error) {
	if m == nil {
		return nil
	}
	is, ok := m.Capabilities[c.Name]
	if !ok {
		return nil
	}
	c.Level, c.Actions, c.Repositories, c.Authors = is.Level, is.Actions, is.Repositories, is.Authors
	c.Limits, err = m.Uses(ctx, a.d.Store, c.Name, a.d.Clock.Now())
	return err
}

func (t Trusted) byCapability() map[string][]string {
	names := map[string][]string{}
	if set := t.Policies.Current(); set != nil {
		for _, p := range set.Policies() {
			names[p.Capability] = append(names[p.Capability], p.Name)
		}
	}
	return names
}

func (t Trusted) policy(name, repository string, author autonomy.Trust) (PolicyAutonomy, error) {
	set := t.Policies.Current()
	if set == nil {
		return PolicyAutonomy{}, fault.New(fault.Unavailable, "no policies are in force; run `infinity policy validate`")
	}
	p := set.Lookup(name)
	if p == nil {
		return PolicyAutonomy{}, fault.New(fault.NotFound, "there is no policy %q", name)
	}
	m, asked := t.Autonomy.Current(), repository
	if m != nil && repository == "" {
		if globs := m.Capabilities[p.Capability].Repositories; len(globs) > 0 {
			asked = globs[0] // a glob matches itself
		}
	}
	v := m.Effective(p.Question(p.Actions(), asked, autonomy.Author{Login: "somebody", Trust: author}))
	return PolicyAutonomy{
		Policy: p.Name, Capability: p.Capability, Actions: p.Actions(), Author: author, Repository: repository,
		Level: v.Level, Category: string(autonomy.Category(v.Level, t.reversible(p))), Bounds: v.Bounds,
	}, nil
}

func (t Trusted) reversible(p *policy.Policy) bool {
	for _, action := range p.Actions() {
		if !t.Reversible(action) {
			return false
		}
	}
	return true
}

// reversible says of the actions of c which can be undone.
func reversible(c policy.Catalog) func(string) bool {
	known := map[string]bool{}
	for _, spec := range c.Specs() {
		known[spec.Name] = spec.Reversible
	}
	return func(action string) bool { return known[action] }
}

// unknown says that scope is a policy that is not in force, as one whose name
// is mistyped: freezing it stops nothing, but may stop what it wanted before.
func (t Trusted) unknown(scope string) string {
	name, ok := strings.CutPrefix(scope, "policy:")
	set := t.Policies.Current()
	if !ok || set == nil {
		return ""
	}
	var names []string
	for _, p := range set.Policies() {
		if names = append(names, p.Name); p.Name == name {
			return ""
		}
	}
	return strings.TrimSuffix(fmt.Sprintf("no policy %q is in force, so this stops only what it wanted before; %s", name, suggest.Closest(name, names)), "; ")
}
