package main_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/InfinityXOneSystems/infinity-matrix/functions/gateway"
	infinity "github.com/InfinityXOneSystems/infinity-matrix/scripts/infinity"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/action"
	actiongithub "github.com/InfinityXOneSystems/infinity-matrix/shared/action/github"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/approval"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/approval/desk"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/auth"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/autonomy"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/blob"
	blobmemory "github.com/InfinityXOneSystems/infinity-matrix/shared/blob/memory"
	busmemory "github.com/InfinityXOneSystems/infinity-matrix/shared/bus/memory"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/clock"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/control"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/decision"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/erasure"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/execution"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/policy"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store/memory"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/task"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"infinity": infinity.Main})
}

// TestScripts runs the command line as a user does, each script against a
// gateway of its own on a memory store.
func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir:   "testdata/script",
		Setup: setup,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"stable": stable, "cut": cut,
		},
		UpdateScripts: os.Getenv("UPDATE_SCRIPTS") != "",
	})
}

// setup starts gateway and fake GitHub and writes endpoint.json as `up` does.
func setup(env *testscript.Env) error {
	st, schema, err := newStore()
	if err != nil {
		return err
	}
	keys := auth.Keys{Store: st, Clock: clock.Real{}}
	key, err := keys.Issue(context.Background(), "local", auth.Admin, time.Hour, "test")
	if err != nil {
		return err
	}
	viewer, err := keys.Issue(context.Background(), "guest", auth.Viewer, time.Hour, "test")
	if err != nil {
		return err
	}
	blobs := blobmemory.New(clock.Real{})
	api, github := httptest.NewServer(newGateway(st, blobs, schema, keys)), httptest.NewServer(fakeGitHub(st))
	env.Defer(api.Close)
	env.Defer(github.Close)
	env.Setenv("GATEWAY", api.URL)
	env.Setenv("VIEWER_KEY", viewer)
	env.Setenv("NO_COLOR", "")
	if err := seed(st); err != nil {
		return err
	}
	if filepath.Base(env.WorkDir) == "script-workflow" {
		if err := seedWorkflows(st); err != nil {
			return err
		}
	}
	if filepath.Base(env.WorkDir) == "script-audit" {
		if err := seedLog(st, blobs); err != nil {
			return err
		}
		env.Values["store"] = st
	}
	text, err := json.Marshal(map[string]any{"gateway": api.URL, "github": github.URL, "key": key, "pid": os.Getpid()})
	if err != nil {
		return err
	}
	dir := filepath.Join(env.WorkDir, ".data")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "endpoint.json"), text, 0o600)
}

func newStore() (store.Store, store.Schema, error) {
	schema, err := store.DefaultSchema()
	return memory.New(memory.Options{Schema: schema}), schema, err
}

func newGateway(st store.Store, blobs blob.Store, schema store.Schema, keys auth.Keys) http.Handler {
	return gateway.New(gateway.Config{AllowedHosts: []string{"127.0.0.1"}, Schema: schema}, gateway.Deps{
		Store: st, Blobs: blobs, Tasks: noTasks{}, Clock: clock.Real{}, Keys: keys, Log: slog.New(slog.DiscardHandler),
		Answers: &desk.Desk{
			Machine: execution.NewMachine(execution.Deps{Store: st, Clock: clock.Real{}}), Config: nobody{},
			Store: st, Tasks: noTasks{}, Clock: clock.Real{},
		},
		Trusted:   trusted(),
		Approvers: nobody{}, Decider: decider{}, Backtester: planner{},
		Reverts:  execution.NewMachine(execution.Deps{Store: st, Clock: clock.Real{}}),
		Controls: control.Controls{Store: st, Clock: clock.Real{}},
		Eraser:   &erasure.Eraser{Store: st, Blobs: blobs, Letters: busmemory.New(busmemory.Options{}), Clock: clock.Real{}, Limit: 3},
	})
}

// trusted is the project's own configuration.
func trusted() gateway.Trusted {
	files, log := os.DirFS(filepath.Join("..", "..", ".infinity")), slog.New(slog.DiscardHandler)
	actions, err := action.NewRegistry(actiongithub.New(nil)...)
	if err != nil {
		panic(err)
	}
	return gateway.Trusted{
		Policies: decision.NewFolder(files, actions, clock.Real{}, log), Autonomy: autonomy.NewFolder(files, actions, clock.Real{}, log),
		Reversible: func(action string) bool { return action != "github.pull_request.merge" },
	}
}

// nobody is an approvals.yaml that is missing: keys of role admin answer.
type nobody struct{}

func (nobody) Current() *approval.Config { return nil }

// fakeGitHub stands in for the fake GitHub's control interface: what it
// "delivers" is decided at once.
func fakeGitHub(st store.Store) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /_emulator/deliver", func(w http.ResponseWriter, r *http.Request) {
		var body struct{ Name string }
		if json.NewDecoder(r.Body).Decode(&body) != nil || body.Name != "workflow_run.failed" {
			http.Error(w, "no such payload", http.StatusNotFound)
			return
		}
		if err := addRerun(r.Context(), st, time.Now()); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		_, _ = fmt.Fprintf(w, `{"delivery":%q,"status":202}`, delivery)
	})
	return mux
}

// stable rewrites the file named so that what differs between runs does not.
func stable(ts *testscript.TestScript, _ bool, args []string) {
	text := ts.ReadFile(args[0])
	text = regexp.MustCompile(`http://127\.0\.0\.1:\d+`).ReplaceAllString(text, "http://HOST")
	text = regexp.MustCompile(`\b\d+s\b`).ReplaceAllString(text, "0s")
	ts.Check(os.WriteFile(ts.MkAbs("stable"), []byte(text), 0o600))
}

// decider answers a replay with nothing and explains one policy that did not match.
type decider struct{}

func (decider) Replay(_ context.Context, id string) (decision.Decision, error) {
	return decision.Decision{
		ID: "dreplay000000", EventID: id, EventType: "com.github.issues.opened", Repository: "octo/hello",
		Category: "Observe", Proposals: []decision.Proposal{}, DecidedAt: time.Now(),
	}, nil
}

func (decider) Explain(_ context.Context, _, name string) (policy.Explanation, error) {
	if name != "greet" {
		return policy.Explanation{}, fault.New(fault.NotFound, "there is no policy %q", name)
	}
	return policy.Explanation{
		Policy: "greet", File: "policies/issues.yaml", Line: 20, Change: "a first issue of its author would match",
		Root: policy.Node{Source: `event.issue.author_association == "FIRST_TIMER"`, Value: "false", Facts: map[string]any{"event.issue.author_association": "OWNER"}},
	}, nil
}

type noTasks struct{}

func (noTasks) Enqueue(context.Context, task.Task) error { return nil }
