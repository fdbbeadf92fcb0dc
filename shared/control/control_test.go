package control_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/audit"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/clock"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/control"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/execution"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store/memory"
)

var start = time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)

func newControls() control.Controls {
	return control.Controls{Store: memory.New(memory.Options{}), Clock: clock.NewVirtual(start)}
}

func set(t *testing.T, c control.Controls, scope string) {
	t.Helper()
	if _, err := c.Set(t.Context(), scope, "key:ops", "fire"); err != nil {
		t.Fatal(err)
	}
}

func TestGate(t *testing.T) {
	t.Parallel()
	x := execution.Execution{
		Repository: "Octo/Hello.World", Policy: "rerun-flaky-ci", Capability: "error-recovery", Agent: "reposync",
		Resource: "Octo/Hello.World release v1.0-RC",
	}
	for scope, refused := range map[string]bool{
		"global":                                    true,
		"repository:octo/hello.world":               true,
		"repository:OCTO/Hello.world":               true,
		"policy:rerun-flaky-ci":                     true,
		"repository:octo/hello":                     false,
		"policy:rerun":                              false,
		"capability:error-recovery":                 true,
		"capability:error-detection":                false,
		"agent:reposync":                            true,
		"agent:validation":                          false,
		"resource:octo/hello.world release v1.0-RC": true,
		"resource:OCTO/hello.world release v1.0-RC": true,
		"resource:octo/hello.world release v1.0-rc": false, // tags have case
		"resource:octo/hello.world":                 false,
	} {
		c := newControls()
		set(t, c, scope)
		var refusal string
		err := c.Store.Run(t.Context(), func(ctx context.Context, tx store.Tx) (err error) {
			refusal, err = control.Gate(ctx, tx, x, start)
			return err
		})
		if err != nil || (refusal != "") != refused {
			t.Errorf("%s: refusal %q, %v; want one: %v", scope, refusal, err, refused)
		}
		if refused && (!strings.Contains(refusal, "key:ops") || !strings.Contains(refusal, "fire")) {
			t.Errorf("%s: %q does not say who and why", scope, refusal)
		}
	}
}

// TestFreezeStopsTheClaim drives the gate through the machine that uses it.
func TestFreezeStopsTheClaim(t *testing.T) {
	t.Parallel()
	c := newControls()
	m := execution.NewMachine(execution.Deps{Store: c.Store, Clock: c.Clock, Gates: []execution.Gate{control.Gate}})
	for _, id := range []string{"xa", "xb"} {
		x := execution.Execution{ID: id, Repository: "octo/hello", State: execution.Ready, Args: json.RawMessage("{}")}
		err := c.Store.Run(t.Context(), func(_ context.Context, tx store.Tx) error {
			return tx.Create(store.Key{Collection: execution.Collection, ID: id}, x)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	set(t, c, "global")
	x, err := m.Claim(t.Context(), "xa", "worker")
	if err != nil || x.State != execution.Blocked {
		t.Fatalf("frozen: %s, %v; want blocked", x.State, err)
	}
	if err := c.Lift(t.Context(), "global", "key:ops"); err != nil {
		t.Fatal(err)
	}
	if x, err = m.Claim(t.Context(), "xb", "worker"); err != nil || x.State != execution.Running {
		t.Fatalf("lifted: %s, %v; want running", x.State, err)
	}
}

func TestSetAndLiftAreRecorded(t *testing.T) {
	t.Parallel()
	c := newControls()
	set(t, c, "policy:triage")
	if err := c.Lift(t.Context(), "policy:triage", "key:boss"); err != nil {
		t.Fatal(err)
	}
	if err := c.Lift(t.Context(), "policy:triage", "key:boss"); !fault.Is(err, fault.NotFound) {
		t.Errorf("lifted twice: %v", err)
	}
	records, _, err := store.List[audit.Record](t.Context(), c.Store, store.Query{Collection: audit.Collection})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, r := range records {
		got[r.Verb] = r.Actor + " " + r.Subject + " " + r.Retention
	}
	want := map[string]string{
		"control.frozen": "key:ops controls/policy:triage security", "control.lifted": "key:boss controls/policy:triage security",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestListAndReplace(t *testing.T) {
	t.Parallel()
	c := newControls()
	set(t, c, "global")
	set(t, c, "repository:octo/hello")
	if _, err := c.Set(t.Context(), "global", "key:boss", "worse"); err != nil {
		t.Fatal(err)
	}
	freezes, next, err := c.List(t.Context(), 10, "")
	want := []control.Freeze{
		{Scope: "global", By: "key:boss", Reason: "worse", At: start},
		{Scope: "repository:octo/hello", By: "key:ops", Reason: "fire", At: start},
	}
	if diff := cmp.Diff(want, freezes); diff != "" || next != "" || err != nil {
		t.Error(diff, next, err)
	}
}

// failing is a reader that cannot read.
type failing struct{ store.Reader }

func (failing) Get(context.Context, store.Key) (store.Document, error) {
	return store.Document{}, errors.New("disk")
}

func TestUnreadableIsNotUnfrozen(t *testing.T) {
	t.Parallel()
	if _, frozen, err := control.Frozen(t.Context(), failing{}, "policy:a"); err == nil || frozen {
		t.Errorf("frozen %v, %v; want an error", frozen, err)
	}
}

func FuzzParseScope(f *testing.F) {
	for _, s := range []string{"global", "repository:a/b", "repository:../..", "policy:x", "agent:reposync", "policy:", "resource:A/b issue 12", "resource:A/b tag X", ":", "repository:a/b/c"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		scope, err := control.ParseScope(text)
		if err != nil {
			return
		}
		if again, err := control.ParseScope(scope); err != nil || again != scope {
			t.Errorf("%q became %q, which is read as %q, %v", text, scope, again, err)
		}
		if len(scope) > 300 || !strings.EqualFold(scope, text) {
			t.Errorf("%q became %q", text, scope)
		}
	})
}

func TestParseScopeRefuses(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"", "all", "agent:nobody", "capability:error-recover", "Agent:reposync", "resource:issue 12", "resource:a/b issue", "resource:a/b issue 1 2", "repository:hello", "repository:a/b/c", "policy:", "policy: x", "Global", "policy:" + strings.Repeat("x", 300)} {
		if scope, err := control.ParseScope(s); !fault.Is(err, fault.Invalid) {
			t.Errorf("%q gave %q, %v", s, scope, err)
		}
	}
}
