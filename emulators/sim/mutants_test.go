package sim_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/emulators/sim"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/audit"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/execution"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/function"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
)

// mutants are the six bugs of F25, put back around the product's code: by
// wrapping what a function stands on, or the function itself.
var mutants = map[string]struct {
	found []string // by one of these invariants
	bug   func(o *sim.Options)
}{
	"ack first":                     {[]string{"I1"}, ackFirst},
	"record after":                  {[]string{"I3"}, stores(recordAfter)},
	"no fence":                      {[]string{"I10"}, stores(noFence)},
	"no probe":                      {[]string{"I2"}, noProbe},
	"audit outside the transaction": {[]string{"I6"}, stores(auditOutside)},
	"no jitter":                     {[]string{"I9"}, noJitter},
}

// TestF25BugsPutBackAreCaught: each of the six is caught within 100 seeds of
// the very mix that finds nothing in the product as it is.
func TestF25BugsPutBackAreCaught(t *testing.T) {
	t.Parallel()
	for name, m := range mutants {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for seed := *from; seed < *from+100; seed++ {
				o := mixed(seed)
				m.bug(&o)
				wrong, _ := play(t, o, mix)
				if i := slices.IndexFunc(wrong, func(v string) bool {
					return slices.ContainsFunc(m.found, func(i string) bool { return strings.HasPrefix(v, i+":") })
				}); i >= 0 {
					t.Logf("caught by seed %d: %s", seed, wrong[i])
					return
				}
			}
			t.Error("not caught within 100 seeds")
		})
	}
}

// ackFirst has decide answer, and work on after the answer.
func ackFirst(o *sim.Options) {
	o.Wrap = func(w *sim.World, name string, h http.Handler) http.Handler {
		if name != "decide" {
			return h
		}
		return http.HandlerFunc(func(a http.ResponseWriter, r *http.Request) {
			w.Go(r.Context(), "after the answer", func(ctx context.Context) {
				h.ServeHTTP(httptest.NewRecorder(), r.WithContext(ctx))
			})
			a.WriteHeader(http.StatusNoContent)
		})
	}
}

func noJitter(o *sim.Options) {
	o.Vary = func(_ string, p function.Platform) function.Platform {
		p.Jitter = func() float64 { return 0 }
		return p
	}
}

// noProbe hides from every probe what an earlier try may have made.
func noProbe(o *sim.Options) {
	o.Vary = func(_ string, p function.Platform) function.Platform {
		p.Transport = blind{p.Transport}
		return p
	}
}

type blind struct{ http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (b blind) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := b.RoundTripper.RoundTrip(r)
	if err != nil || r.Method != http.MethodGet || resp.StatusCode != http.StatusOK {
		return resp, err
	}
	switch {
	case strings.HasSuffix(r.URL.Path, "/comments"):
		resp.Body = io.NopCloser(bytes.NewReader([]byte(`[]`)))
	case strings.HasSuffix(r.URL.Path, "/check-runs"):
		resp.Body = io.NopCloser(bytes.NewReader([]byte(`{"total_count":0,"check_runs":[]}`)))
	}
	return resp, err
}

// stores varies the store of every function: change sees the writes of each
// transaction and returns those of it, and those of one after it.
func stores(m mutation) func(*sim.Options) {
	return func(o *sim.Options) {
		o.Vary = func(_ string, p function.Platform) function.Platform {
			p.Store = mutantStore{p.Store, m}
			return p
		}
	}
}

type mutation struct {
	change func(all []sim.Write) (now, later []sim.Write)
	seen   func(execution.Execution) execution.Execution // as functions read it
}

var recordAfter = mutation{change: func(all []sim.Write) (now, later []sim.Write) {
	if slices.ContainsFunc(all, func(w sim.Write) bool { return strings.Contains(string(w.Data), `"verb":"execution.intended"`) }) {
		return nil, nil // it comes with the result
	}
	return all, nil
}}

var auditOutside = mutation{change: func(all []sim.Write) (now, later []sim.Write) {
	for _, w := range all {
		if w.Key.Collection == audit.Collection {
			later = append(later, w)
		} else {
			now = append(now, w)
		}
	}
	return now, later
}}

// noFence gives every lease the same fence: a claim sees none and makes it 1,
// and whoever held one before has 1 too.
var noFence = mutation{seen: func(x execution.Execution) execution.Execution {
	if x.Lease != nil {
		held := *x.Lease
		if held.Fence = 0; x.State.Leased() && time.Now().Before(held.Until) {
			held.Fence = 1
		}
		x.Lease = &held
	}
	return x
}}

type mutantStore struct {
	store.Store
	mutation
}

// Run implements store.Store.
func (s mutantStore) Run(ctx context.Context, fn func(context.Context, store.Tx) error) error {
	var later []sim.Write
	err := s.Store.Run(ctx, func(ctx context.Context, tx store.Tx) error {
		m := &mutantTx{Tx: tx, seen: s.seen}
		if err := fn(ctx, m); err != nil {
			return err
		}
		now := m.writes
		if later = nil; s.change != nil {
			now, later = s.change(m.writes)
		}
		return write(tx, now)
	})
	if err != nil || len(later) == 0 {
		return err
	}
	return s.Store.Run(ctx, func(_ context.Context, tx store.Tx) error { return write(tx, later) })
}

func write(tx store.Tx, writes []sim.Write) error {
	for _, w := range writes {
		if w.Data == nil {
			if err := tx.Delete(w.Key); err != nil {
				return err
			}
			continue
		}
		put := tx.Put
		if w.Created {
			put = tx.Create
		}
		if err := put(w.Key, json.RawMessage(w.Data)); err != nil {
			return err
		}
	}
	return nil
}

type mutantTx struct {
	store.Tx
	seen   func(execution.Execution) execution.Execution
	writes []sim.Write
}

// Get implements store.Reader.
func (t *mutantTx) Get(ctx context.Context, k store.Key) (store.Document, error) {
	d, err := t.Tx.Get(ctx, k)
	if err != nil || t.seen == nil || k.Collection != execution.Collection {
		return d, err
	}
	var x execution.Execution
	if err := json.Unmarshal(d.Data, &x); err != nil {
		return d, err
	}
	d.Data, err = json.Marshal(t.seen(x))
	return d, err
}

// Create implements store.Tx.
func (t *mutantTx) Create(k store.Key, v any) error {
	return t.keep(sim.Write{Key: k, Created: true}, v)
}

// Put implements store.Tx.
func (t *mutantTx) Put(k store.Key, v any) error { return t.keep(sim.Write{Key: k}, v) }

// Delete implements store.Tx.
func (t *mutantTx) Delete(k store.Key) error { return t.keep(sim.Write{Key: k}, nil) }

func (t *mutantTx) keep(w sim.Write, v any) (err error) {
	if v != nil {
		w.Data, err = json.Marshal(v)
	}
	t.writes = append(t.writes, w)
	return err
}
