package sim

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/auth"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/clock"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/control"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/execution"
)

// scopes are what is frozen in the mix.
var scopes = []string{control.Global, control.Policy("greet"), control.Policy("respond"), control.Capability("error-recovery")}

// Freezes has an operator, in half of all worlds, freeze something up to three
// times within d, and lift it one to five minutes later: again and again, until
// that is answered.
func (w *World) Freezes(ctx context.Context, d time.Duration) error {
	key, err := auth.Keys{Store: w.Store, Clock: clock.Real{}}.Issue(ctx, "operator", auth.Admin, 30*24*time.Hour, "system:sim")
	if err != nil || w.dice.IntN(2) == 0 {
		return err
	}
	for range 1 + w.dice.IntN(3) {
		scope := scopes[w.dice.IntN(len(scopes))]
		body := fmt.Sprintf(`{"scope":%q,"reason":"let us look"}`, scope)
		hold := time.Duration(1+w.dice.IntN(5)) * time.Minute
		lift := func() {
			w.waiting--
			w.insist(ctx, key, http.MethodDelete, "/v1/freezes?scope="+url.QueryEscape(scope), "", func() {})
		}
		w.after(time.Duration(w.dice.Int64N(int64(d))), "the operator freezes "+scope, func() {
			w.insist(ctx, key, http.MethodPost, "/v1/freezes", body, func() {
				w.waiting++
				w.after(hold, "the operator lifts "+scope, lift)
			})
		})
	}
	return nil
}

// insist asks the gateway until it does what is asked, or says that there is
// nothing to do, and then does what is next.
func (w *World) insist(ctx context.Context, key, method, path, body string, next func()) {
	w.waiting++
	t := w.spawn("the operator: "+method+" "+path, func(t *Thread) error {
		_, err := w.ask(ctx, t, key, method, path, body)
		return err
	})
	go func() {
		<-t.done
		w.after(time.Second, "the operator looks at "+path, func() {
			w.waiting--
			if t.err != nil && !strings.Contains(t.err.Error(), ": 404 ") {
				w.trace.note("the operator: %s", t.err)
				w.insist(ctx, key, method, path, body, next)
				return
			}
			next()
		})
	}()
}

// effective is how soon a freeze holds.
const effective = 500 * time.Millisecond

// thawed finds what was sent to GitHub under a freeze. A quarantine is none:
// undoing is the way out of it.
func thawed(e Evidence) (found []string) {
	byID := map[string]execution.Execution{}
	for _, x := range e.Executions {
		byID[x.ID] = x
	}
	for _, f := range e.Effects {
		x, known := byID[f.Execution]
		if !known {
			continue
		}
		in := map[string]bool{control.Global: true}
		for _, scope := range control.Scopes(x) {
			in[scope] = true
		}
		for scope, since := range e.frozen(f.Sent) {
			if in[scope] && f.Sent.Sub(since) > effective {
				found = append(found, fmt.Sprintf("%s %s at step %d by %s was sent %s after the freeze of %s", f.Method, f.Path, f.Step, f.By, f.Sent.Sub(since), scope))
			}
		}
	}
	return found
}

// frozen returns what was frozen at t, and since when.
func (e Evidence) frozen(t time.Time) map[string]time.Time {
	scopes, since := map[string]string{}, map[string]time.Time{}
	for _, c := range e.Commits {
		if c.At.After(t) {
			continue
		}
		for _, w := range c.Writes {
			if w.Key.Collection != control.Collection {
				continue
			}
			var f control.Freeze
			if w.Data == nil {
				delete(since, scopes[w.Key.ID])
			} else if err := json.Unmarshal(w.Data, &f); err == nil && f.By != execution.ActorQuarantine {
				scopes[w.Key.ID] = f.Scope
				if _, already := since[f.Scope]; !already {
					since[f.Scope] = c.At
				}
			}
		}
	}
	return since
}
