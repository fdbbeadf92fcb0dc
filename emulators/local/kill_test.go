package local_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	emulator "github.com/InfinityXOneSystems/infinity-matrix/emulators/github"
	"github.com/InfinityXOneSystems/infinity-matrix/emulators/local"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/audit"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/autonomy"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/autonomy/autonomytest"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/clock"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/decision"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/execution"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/github"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/secret"
	secretfile "github.com/InfinityXOneSystems/infinity-matrix/shared/secret/file"
)

// killPolicies want one effect of class A and one of class B for each issue.
const killPolicies = `policies:
  - name: triage
    on: com.github.issues.opened
    do: {action: github.issue.label, with: {add: [triage]}}
    capability: error-recovery
    autonomy: L5
  - name: greet
    on: com.github.issues.opened
    do: {action: github.issue.comment, with: {body: "Thank you, ${event.issue.user.login}."}}
    capability: error-recovery
    autonomy: L5
`

const (
	killEvents = 1000
	kills      = 12
)

// TestKill9 kills the real process again and again while events come in, and
// then lets it finish: nothing accepted is lost, nothing is done twice, nothing
// is done without a record. The fake GitHub lives in this process, so that it
// sees every effect.
func TestKill9(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("takes half a minute")
	}
	w := newKillWorld(t)
	p := w.start(t)
	var wg sync.WaitGroup
	next := make(chan int)
	for range 8 {
		wg.Go(func() {
			for range next {
				w.occur(t)
			}
		})
	}
	for n := range killEvents {
		next <- n
		if n%(killEvents/kills) == killEvents/kills-1 {
			p.kill(t)
			p = w.start(t)
		}
	}
	close(next)
	wg.Wait()
	p.kill(t) // once more, with everything accepted
	p = w.start(t)
	defer p.kill(t)
	w.check(t, killEvents)
}

type killWorld struct {
	child
	secret []byte
	fake   *emulator.Server

	looked func(*http.Request) // sees each request to the fake before it is served; may be nil

	mu   sync.Mutex
	sent map[string][]byte // bodies by delivery id, as the fake sent them
}

func (w *killWorld) github(answer http.ResponseWriter, r *http.Request) {
	if w.looked != nil {
		w.looked(r)
	}
	w.fake.ServeHTTP(answer, r)
}

func newKillWorld(t *testing.T) *killWorld {
	t.Helper()
	w := &killWorld{child: child{Data: t.TempDir(), Policies: t.TempDir(), Port: freePort(t)}, secret: []byte(uuid.NewString()), sent: map[string][]byte{}}
	if err := os.MkdirAll(filepath.Join(w.Policies, "policies"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(w.Policies, "policies", "kill.yaml"), []byte(killPolicies), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(w.Policies, autonomy.File), []byte(autonomytest.File()), 0o600); err != nil {
		t.Fatal(err)
	}
	private, public, err := github.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	secrets := secretStore(t, w.Data)
	for name, value := range map[string]secret.Value{"github-webhook": w.secret, "github-app-key": private} {
		if _, err := secrets.Add(t.Context(), name, value); err != nil {
			t.Fatal(err)
		}
	}
	relay := httptest.NewServer(http.HandlerFunc(w.relay))
	t.Cleanup(relay.Close)
	w.fake, err = emulator.New(emulator.Config{AppID: 1, AppKey: public, Secret: w.secret, WebhookURL: relay.URL})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(http.HandlerFunc(w.github))
	t.Cleanup(server.Close)
	w.GitHub = server.URL
	return w
}

// relay is where the fake sends its webhooks. It keeps them, so that one that
// meets a dead process is delivered again under its own id, as GitHub's users do.
func (w *killWorld) relay(answer http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(answer, err.Error(), http.StatusInternalServerError)
		return
	}
	w.mu.Lock()
	w.sent[r.Header.Get("X-Github-Delivery")] = body
	w.mu.Unlock()
	status, err := post(r.Context(), w.webhook(), w.secret, r.Header.Get("X-Github-Event"), r.Header.Get("X-Github-Delivery"), body)
	if err != nil {
		status = http.StatusBadGateway
	}
	answer.WriteHeader(status)
}

func (w *killWorld) webhook() string { return fmt.Sprintf("http://127.0.0.1:%d/githubwebhook", w.Port) }

// occur opens an issue on the fake, and sees that its webhook is accepted.
func (w *killWorld) occur(t *testing.T) {
	t.Helper()
	d, err := w.fake.Deliver(t.Context(), emulator.Trigger{Name: "issues.opened"})
	if err != nil {
		t.Errorf("deliver: %v", err)
		return
	}
	if d.StatusCode == http.StatusAccepted {
		return
	}
	w.mu.Lock()
	body := w.sent[d.ID]
	w.mu.Unlock()
	until(t, time.Minute, "acceptance of "+d.ID, func() bool {
		status, err := post(t.Context(), w.webhook(), w.secret, "issues", d.ID, body)
		return err == nil && status == http.StatusAccepted
	})
}

// process is the platform, running as a process of its own.
type process struct{ cmd *exec.Cmd }

// start runs the platform and returns when it says that it is ready.
func (w *killWorld) start(t *testing.T) *process {
	t.Helper()
	config, err := json.Marshal(w.child)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), childConfig+"="+string(config), "EXECUTE_LEASE=5s", "SWEEP_GRACE=1s")
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil || strings.TrimSpace(line) != "ready" {
		t.Fatalf("the platform said %q, %v", line, err)
	}
	return &process{cmd: cmd}
}

// kill is kill -9.
func (p *process) kill(t *testing.T) {
	t.Helper()
	if err := p.cmd.Process.Kill(); err != nil {
		t.Errorf("kill: %v", err)
	}
	_ = p.cmd.Wait() // it was killed: there is no more to learn
}

// check waits until everything has ended and compares what the platform
// recorded with what the fake GitHub saw.
func (w *killWorld) check(t *testing.T, events int) {
	t.Helper()
	e := endpoint(t, w.Data)
	until(t, 5*time.Minute, "a decision on each event", func() bool {
		return len(list[decision.Delivery](t, e, "/v1/events")) >= events
	})
	var all []execution.Execution
	until(t, 5*time.Minute, "the end of each execution", func() bool {
		all = list[execution.Execution](t, e, "/v1/executions")
		return !slices.ContainsFunc(all, func(x execution.Execution) bool { return !x.State.Terminal() })
	})
	if len(all) != 2*events {
		t.Errorf("%d executions of %d events, want two for each", len(all), events)
	}
	effects := map[string]int{}
	for _, f := range w.fake.Effects() {
		effects[f.Method+" "+f.Path]++
	}
	for _, x := range all {
		if x.State != execution.Succeeded {
			t.Errorf("execution %s (%s) ended %s: %s", x.ID, x.Action, x.State, x.Reason)
		}
		path := map[string]string{"github.issue.comment": "comments", "github.issue.label": "labels"}[x.Action]
		where := fmt.Sprintf("POST /repos/%s/issues/%s/%s", x.Repository, x.Target.ID, path)
		if n := effects[where]; n != 1 {
			t.Errorf("execution %s: %d effects of %s, want exactly one", x.ID, n, where)
		}
		delete(effects, where)
		w.audited(t, e, x)
	}
	for where, n := range effects {
		t.Errorf("%d effects of %s without an execution", n, where)
	}
}

// audited checks that the records of an execution tell of its intent before
// its effect.
func (w *killWorld) audited(t *testing.T, e local.Endpoint, x execution.Execution) {
	t.Helper()
	verbs := map[string]bool{}
	for _, r := range list[audit.Record](t, e, "/v1/audit?subject=executions/"+x.ID) {
		verbs[r.Verb] = true
	}
	want := []string{"execution.created", "execution.claimed", "execution.intended", "execution.applied", "execution.verified"}
	if strings.Contains(x.Reason, "already") { // killed between effect and record: the next claim found it done
		want = []string{"execution.created", "execution.claimed", "execution.intended", "execution.succeeded"}
	}
	for _, verb := range want {
		if !verbs[verb] {
			t.Errorf("execution %s has no record %s", x.ID, verb)
		}
	}
}

func secretStore(t *testing.T, data string) *secretfile.Store {
	t.Helper()
	s, err := secretfile.New(filepath.Join(data, "secrets.json"), clock.Real{})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func webhookSecret(t *testing.T, data string) []byte {
	t.Helper()
	versions, err := secretStore(t, data).Versions(t.Context(), "github-webhook")
	if err != nil {
		t.Fatal(err)
	}
	return versions[0].Value
}

func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().(*net.TCPAddr).Port
}
