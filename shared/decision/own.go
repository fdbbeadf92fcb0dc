package decision

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/event"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/execution"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/policy"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
)

// MaxHop is how many of our own effects in a row may lead to a decision.
const MaxHop = 3

// App is who the platform is on GitHub: what it does there comes back as
// events that it must know as its own (docs/adr/0014).
type App struct {
	ID int64 `env:"GITHUB_APP_ID"`
	// Slug is the App's name in addresses; its bot is "<slug>[bot]". execute
	// checks it with GitHub.
	Slug string `env:"GITHUB_APP_SLUG, default=infinity-matrix"`
}

// Validate returns all mistakes at once.
func (a App) Validate() error {
	var errs []error
	if a.ID <= 0 {
		errs = append(errs, errors.New("GITHUB_APP_ID: give the App's numeric id, so that its own events are known"))
	}
	if a.Slug == "" {
		errs = append(errs, errors.New("GITHUB_APP_SLUG is empty; give the App's name in its address, so that its own events are known"))
	}
	return errors.Join(errs...)
}

// made are the paths at which GitHub names the App that made what an event
// tells of. The sender may then be whoever pushed the commit.
var made = map[string]string{
	"com.github.check_run.created":     "check_run.app.id",
	"com.github.check_run.completed":   "check_run.app.id",
	"com.github.check_suite.completed": "check_suite.app.id",
	"com.github.issue_comment.created": "comment.performed_via_github_app.id",
	"com.github.issues.opened":         "issue.performed_via_github_app.id",
}

// caused reports whether the App caused ev. GitHub signs the body, and no
// account of a person can bear a bot's name.
func (a App) caused(ev event.Event, in *policy.Input) bool {
	if a.Slug == "" {
		return false
	}
	for _, path := range []string{"sender.login", "workflow_run.triggering_actor.login"} {
		if login, _ := in.String(path); strings.EqualFold(login, a.Slug+"[bot]") {
			return true
		}
	}
	id, ok := in.Int(made[ev.Type])
	return ok && id != 0 && id == a.ID
}

// How far back the cause of an own event is looked for.
const (
	causeWithin = time.Hour
	causeAmong  = 50
)

// input returns ev as conditions read it, and of an own event the cause: ev
// gets its hop.
func (e *Engine) input(ctx context.Context, ev *event.Event) (in *policy.Input, cause string, err error) {
	if in, err = policy.NewInput(*ev); err != nil || !e.d.App.caused(*ev, in) {
		return in, "", err
	}
	if cause, err = e.trace(ctx, ev, in); err != nil {
		return nil, "", err
	}
	in, err = policy.NewInput(*ev) // conditions read the hop
	return in, cause, err
}

// trace finds which execution led to the own event ev, and gives ev its hop.
// What GitHub says of the effect names the resource: its newest execution is
// the cause. An event on something else that an effect made, as the push of a
// merge, gets the highest hop of the repository's. Without a cause the hop
// stays 0.
func (e *Engine) trace(ctx context.Context, ev *event.Event, in *policy.Input) (cause string, err error) {
	now := e.d.Clock.Now()
	found, _, err := store.List[execution.Execution](ctx, e.d.Store, store.Query{
		Collection: execution.Collection, OrderBy: "started_at", Desc: true, Limit: causeAmong,
		Where: []store.Filter{
			{Field: "repository", Op: store.Eq, Value: ev.Repository},
			{Field: "started_at", Op: store.Gt, Value: now.Add(-causeWithin)},
		},
	})
	if err != nil {
		return "", fmt.Errorf("look for what caused event %s: %w", ev.ID, err)
	}
	comment := strings.HasPrefix(ev.Type, "com.github.issue_comment.")
	found = slices.DeleteFunc(found, func(x execution.Execution) bool { return x.Intent == 0 || x.Tells != "" && !comment })
	named := resources(*ev, in)
	for _, x := range found {
		if slices.Contains(named, x.Resource) {
			ev.Hop = x.Hop + 1
			return x.ID, nil
		}
	}
	for _, x := range found {
		if x.Hop+1 > ev.Hop {
			cause, ev.Hop = x.ID, x.Hop+1
		}
	}
	return cause, nil
}

// resources are what the event names, but for the repository.
func resources(ev event.Event, in *policy.Input) []string {
	var names []string
	for kind := range rules {
		if t, err := targetOf(kind, ev, in); err == nil {
			names = append(names, t.String())
		}
	}
	return names
}

// refused says why no policy, or only some, may answer an event with that hop;
// "" lets all.
func refused(own bool, hop int) string {
	switch {
	case hop > MaxHop:
		return fmt.Sprintf("%d of the platform's own effects in a row led to this event; it is recorded and not decided", hop)
	case own && hop == 0:
		return "the platform itself caused this event, and by which execution is not known; it is recorded and not decided"
	case own:
		return fmt.Sprintf("the platform itself caused this event (hop %d of %d): only policies with `own_events: true` answer it", hop, MaxHop)
	}
	return ""
}

// answers reports whether a policy that does so may answer such an event.
func answers(p *policy.Policy, own bool, hop int) bool {
	return hop <= MaxHop && (!own || p.OwnEvents && hop > 0)
}
