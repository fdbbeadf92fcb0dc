package main

import (
	"fmt"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/InfinityXOneSystems/infinity-matrix/scripts/infinity/internal/view"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/approval"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/page"
)

// bulletin prints, where the platform was started, a line for each thing that
// begins to wait for a person. Of a flood it prints the first lines, and where
// the rest is found.
type bulletin struct {
	app *app

	mu    sync.Mutex
	shown map[string]bool
	pace  *rate.Limiter
	cut   bool // more came than is shown, and it says so
}

// How many lines at once, and then one in how long.
const (
	bulletinBurst = 5
	bulletinEvery = 10 * time.Second
)

func newBulletin(a *app) *bulletin {
	return &bulletin{app: a, shown: map[string]bool{}, pace: rate.NewLimiter(rate.Every(bulletinEvery), bulletinBurst)}
}

// asked tells of a question: until when, what, and how it is answered.
func (b *bulletin) asked(q approval.Approval) {
	id, typed := view.Short(q.ExecutionID), b.app.typed
	verb, what := "Waits", fmt.Sprintf("%s on %s (policy %s)", q.Action, view.Clean(q.Resource), q.Policy)
	answers := fmt.Sprintf("`%s approve %s` or `%s veto %s --reason …`", typed, id, typed, id)
	until := "for an approval"
	if q.DueAt != nil {
		until = "until " + q.DueAt.Local().Format("2 Jan 15:04:05")
		if q.Category == "Alert" {
			verb, until = "Runs", "at "+q.DueAt.Local().Format("15:04:05")+" unless vetoed"
		}
	}
	b.print(q.ID, fmt.Sprintf("%s %s: %s; %s", b.app.paint.As(view.Yellow, verb), until, what, answers))
}

// paged tells of a page, once for each time that it is raised.
func (b *bulletin) paged(p page.Page) {
	b.print(p.ID+p.RaisedAt.String(), fmt.Sprintf("Page (%s): %s `%s pages` says what to do.", p.Severity, view.Clean(p.Summary), b.app.typed))
}

func (b *bulletin) print(id, line string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.shown[id] {
		return
	}
	b.shown[id] = true
	allowed := b.pace.AllowN(b.app.clock.Now(), 1)
	switch {
	case allowed:
		b.cut = false
		_ = b.app.printf("%s\n", line)
	case !b.cut:
		b.cut = true
		_ = b.app.printf("More waits than is shown here: `%s approvals`, `%s pages`\n", b.app.typed, b.app.typed)
	}
}
