// Package github holds the actions on GitHub: what they need, when two
// requests are one effect, and how each is planned, made, read back and undone.
// It keeps no state; tokens, limits and error kinds are shared/github's. Why
// each action has its class: docs/adr/0006-classes-of-actions.md.
package github

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strconv"

	gh "github.com/google/go-github/v66/github"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/action"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/document"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/github"
)

// Clients makes clients that may do no more than their scope says.
type Clients interface {
	Client(s github.Scope) (*gh.Client, error)
	// Bot returns the login that GitHub shows on what the App wrote.
	Bot(ctx context.Context) (string, error)
}

// New returns all actions on GitHub.
func New(c Clients) []action.Action {
	return []action.Action{
		newLabel(c), newIssueComment(c), newClose(c), newAssign(c),
		newPullRequestComment(c), newReviewers(c), newMerge(c), newUpdateBranch(c),
		newCheckRun(c), newDispatch(c), newRerun(c), newRelease(c),
	}
}

// kit is what all actions share; T is the type of their arguments.
type kit[T any] struct {
	clients Clients
	spec    action.Spec
	schema  *jsonschema.Schema
}

func newKit[T any](c Clients, s action.Spec) kit[T] {
	schema, err := document.Compile(s.Args)
	if err != nil {
		panic("action " + s.Name + ": " + err.Error()) // a constant of this package
	}
	return kit[T]{clients: c, spec: s, schema: schema}
}

// Spec implements action.Action.
func (k kit[T]) Spec() action.Spec { return k.spec }

// args checks raw against the schema and decodes it.
func (k kit[T]) args(raw json.RawMessage) (T, error) {
	var args T
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err == nil {
		err = k.schema.Validate(doc)
	}
	if err == nil {
		err = json.Unmarshal(raw, &args)
	}
	if err != nil {
		return args, fault.Wrap(fault.Invalid, err, "the arguments of %s are not valid; `infinity policy schema` shows what it takes", k.spec.Name)
	}
	return args, nil
}

// job is one request, opened: its arguments, a client and where it works.
type job[T any] struct {
	*gh.Client
	args        T
	target      action.Target
	owner, repo string
	number      int // of the issue or pull request
	doing       string
}

// commitID is a whole object name: SHA-1 or SHA-256, hexadecimal.
var commitID = regexp.MustCompile(`^(?:[0-9a-f]{40}|[0-9a-f]{64})$`)

func (k kit[T]) open(r action.Request) (j job[T], err error) {
	j.target, j.doing = r.Target, fmt.Sprintf("run %s on %s", k.spec.Name, r.Target)
	if r.Target.Kind != k.spec.Kind {
		return j, fault.New(fault.Invalid, "%s works on a %s, not on a %s", k.spec.Name, k.spec.Kind, r.Target.Kind)
	}
	if j.args, err = k.args(r.Args); err != nil {
		return j, err
	}
	if j.owner, j.repo, err = github.Split(r.Target.Repository); err != nil {
		return j, err
	}
	switch k.spec.Kind {
	case "issue", "pull_request":
		if j.number, err = strconv.Atoi(r.Target.ID); err != nil || j.number <= 0 {
			return j, fault.New(fault.Invalid, "%q is no number of an issue or pull request", r.Target.ID)
		}
	case "commit":
		if !commitID.MatchString(r.Target.ID) {
			return j, fault.New(fault.Invalid, "%q is no SHA of a commit", r.Target.ID)
		}
	}
	j.Client, err = k.clients.Client(github.Scope{
		InstallationID: r.Target.InstallationID, RepositoryID: r.Target.RepositoryID,
		Repository: r.Target.Repository, Permissions: k.spec.Permissions,
	})
	return j, err
}

// fail gives err its fault kind, and says what a person has to clear.
func (j *job[T]) fail(err error) error {
	err = github.Fault(err, j.doing)
	if !errors.Is(err, github.ErrSuspended) {
		return err
	}
	return &action.Obstacle{
		Kind: "installation_suspended", Subject: "installations/" + j.owner,
		Summary: fmt.Sprintf("the App's installation on %s is suspended", j.owner),
		Do: fmt.Sprintf("An owner of %s unsuspends it (Settings, GitHub Apps, Configure), or uninstalls it; "+
			"what was blocked meanwhile stays so: `infinity executions --state blocked`.", j.owner),
		Err: err,
	}
}

// conflict says that the world is not as the event told.
func (j *job[T]) conflict(why string) error {
	return fault.New(fault.Conflict, "%s: %s", j.target, why)
}

// gone makes an undo of what is gone already a success.
func gone(err error) error {
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	return err
}

// key joins the parts of a target state, so that no two lists are alike.
func key(parts ...any) (string, error) {
	text, err := json.Marshal(parts)
	if err != nil {
		return "", fmt.Errorf("make an effect key: %w", err)
	}
	return string(text), nil
}

// state encodes what Apply, Verify and Revert need of what was read or made.
func state(v any) json.RawMessage {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err) // structs of strings and numbers always encode
	}
	return text
}

// read decodes what state encoded.
func read(raw json.RawMessage, v any) error {
	if len(raw) == 0 {
		return nil
	}
	if err := json.Unmarshal(raw, v); err != nil {
		return fmt.Errorf("decode the action's state: %w", err)
	}
	return nil
}
