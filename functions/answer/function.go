// Package answer is the function that takes people's answers from comments on
// GitHub: `/approve <execution>` and `/veto <execution> [reason]`. Whether an
// answer counts is shared/approval's to say; this package only finds out what a
// comment says, and of whom.
package answer

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"os"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/approval"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/approval/desk"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/control"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/event"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/execution"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/function"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
)

// Config is read from the environment.
type Config struct {
	// Policies is the folder (.infinity) that holds approvals.yaml.
	Policies string `env:"INFINITY_POLICIES, default=.infinity"`
}

// Validate implements what function.Configure asks for.
func (c Config) Validate() error {
	if c.Policies == "" {
		return errors.New("INFINITY_POLICIES is empty; name the folder that holds approvals.yaml")
	}
	return nil
}

// Answers takes a person's answer to a waiting execution.
type Answers interface {
	Answer(ctx context.Context, id string, a approval.Answer) (execution.Execution, error)
}

// Deps is what the handler stands on.
type Deps struct {
	Answers Answers
	Store   store.Reader
	Log     *slog.Logger
}

// New returns the handler of pushed comments. An answer that does not count is
// no failure: trying it again would not help.
func New(d Deps) http.Handler {
	return function.Events(func(ctx context.Context, e event.Event) error {
		c, err := read(e)
		if err != nil || c.edited() {
			return err // an edited comment is not what its author first said
		}
		for _, cmd := range commands(c.Comment.Body) {
			err := d.answer(ctx, e, c, cmd)
			if err != nil && !final(err) {
				return err
			}
			d.Log.InfoContext(ctx, "answer by a comment", slog.String("execution", cmd.execution), slog.String("verb", string(cmd.verb)),
				slog.Bool("counted", err == nil), slog.Any("error", err))
		}
		return nil
	})
}

// final reports whether err says that the answer does not count, now or later.
func final(err error) bool {
	return fault.Is(err, fault.Forbidden) || fault.Is(err, fault.Conflict) || fault.Is(err, fault.NotFound) || fault.Is(err, fault.Invalid)
}

func (d Deps) answer(ctx context.Context, e event.Event, c comment, cmd command) error {
	x, err := d.find(ctx, cmd.execution, e)
	if err != nil {
		return err
	}
	q, err := store.Get[approval.Approval](ctx, d.Store, store.Key{Collection: approval.Collection, ID: approval.ID(x.ID, x.Round)})
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	if cmd.verb == approval.Approve && c.Comment.CreatedAt.Before(q.AskedAt) {
		return fault.New(fault.Conflict, "the comment is older than the question that it would answer")
	}
	_, err = d.Answers.Answer(ctx, x.ID, approval.Answer{
		Verb: cmd.verb, By: "github:" + c.Comment.User.Login, Channel: approval.Comment, Note: cmd.note, PlanHash: x.PlanHash,
		Identity: approval.Identity{GitHub: c.Comment.User.Login, GitHubID: c.Comment.User.ID.String(), Bot: c.bot()},
	})
	return err
}

// find returns the execution that id, or the beginning of it, names in the
// comment's own repository: no comment answers for another.
func (d Deps) find(ctx context.Context, id string, e event.Event) (execution.Execution, error) {
	found, _, err := store.List[execution.Execution](ctx, d.Store, store.Query{Collection: execution.Collection, OrderBy: "id", Limit: 2, Where: []store.Filter{
		{Field: "id", Op: store.Ge, Value: id}, {Field: "id", Op: store.Lt, Value: id + "~"},
	}})
	if err != nil {
		return execution.Execution{}, err
	}
	if len(found) != 1 || found[0].Target.RepositoryID != e.RepositoryID || e.RepositoryID == 0 {
		return execution.Execution{}, fault.New(fault.NotFound, "repository %s has no execution %q", e.Repository, id)
	}
	return found[0], nil
}

func init() { function.Register("answer", build) }

func build(ctx context.Context, p function.Platform) (http.Handler, error) {
	var cfg Config
	if err := function.Configure(ctx, p, &cfg); err != nil {
		return nil, err
	}
	return New(Deps{Store: p.Store, Log: p.Log, Answers: &desk.Desk{
		Machine: execution.NewMachine(execution.Deps{Store: p.Store, Clock: p.Clock, Holds: []execution.Gate{control.Gate}}),
		Config:  approval.NewFolder(os.DirFS(cfg.Policies), p.Clock, p.Log), Store: p.Store, Tasks: p.Tasks, Clock: p.Clock,
	}}), nil
}
