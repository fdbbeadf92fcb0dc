package sim

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/auth"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/clock"
)

// The people of every world. Ana may answer; the author of what is recorded
// caused nearly all events, and so may approve none of what they led to.
const (
	ana    = "ana"
	author = "codertocat"
)

const approvers = `people:
  ana: {keys: [ana], github: [ana-example]}
  codertocat: {keys: [codertocat], github: [Codertocat]}
rules:
  - {by: [ana, codertocat], tell: comment}
`

// People has people look at what waits, about once a minute until d is over,
// and answer some of it through the gateway. The author tries as well.
func (w *World) People(ctx context.Context, d time.Duration) error {
	for _, name := range []string{ana, author} {
		key, err := auth.Keys{Store: w.Store, Clock: clock.Real{}}.Issue(ctx, name, auth.Editor, 30*24*time.Hour, "system:sim")
		if err != nil {
			return err
		}
		for at := time.Duration(0); at < d; at += time.Minute {
			w.after(at, name+" has time", func() {
				w.spawn(name+" looks", func(t *Thread) error { return w.answers(ctx, t, name, key) })
			})
		}
	}
	return nil
}

// answers has one person answer some of what waits.
func (w *World) answers(ctx context.Context, t *Thread, name, key string) error {
	var list struct {
		Items []struct {
			ID string `json:"id"`
		} `json:"items"`
	}
	body, err := w.ask(ctx, t, key, http.MethodGet, "/v1/executions?state=waiting&limit=50", "")
	if err != nil {
		return err
	}
	if err := json.Unmarshal(body, &list); err != nil {
		return err
	}
	for _, x := range list.Items {
		switch n := w.dice.IntN(10); {
		case n < 4:
			_, err = w.ask(ctx, t, key, http.MethodPost, "/v1/executions/"+x.ID+"/approve", `{}`)
		case n < 5 && name == ana:
			_, err = w.ask(ctx, t, key, http.MethodPost, "/v1/executions/"+x.ID+"/reject", `{"reason":"no"}`)
		}
		if err != nil {
			w.trace.note("%s: %s", name, err)
		}
	}
	return nil
}

// ask calls the gateway.
func (w *World) ask(ctx context.Context, t *Thread, key, method, path, body string) (answer []byte, err error) {
	err = w.services["gateway"].run(ctx, t, func(ctx context.Context, h http.Handler) error {
		r := httptest.NewRequestWithContext(ctx, method, path, strings.NewReader(body))
		r.Host = "127.0.0.1"
		r.Header.Set("Authorization", "Bearer "+key)
		r.Header.Set("Content-Type", "application/json")
		a := httptest.NewRecorder()
		h.ServeHTTP(a, r)
		if answer = a.Body.Bytes(); a.Code/100 != 2 {
			return fmt.Errorf("%s %s: %d %s", method, path, a.Code, answer)
		}
		return nil
	})
	return answer, err
}
