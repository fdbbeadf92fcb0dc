package google

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os/exec"
	"strconv"
	"sync"
	"time"
)

const (
	readyWithin = 90 * time.Second // a busy machine starts Java slowly
	pollEvery   = 50 * time.Millisecond
	attempts    = 3 // another process may take the free port first
)

type program struct {
	name string
	jar  string // a glob below the SDK's root
	args func(jar string) []string
}

// Emulator is a running emulator. Addr is "127.0.0.1:port".
type Emulator struct {
	Addr string

	cmd    *exec.Cmd
	exited chan struct{}
	stop   sync.Once
}

// Close stops the emulator and waits until it is gone. Closing twice is fine.
func (e *Emulator) Close() error {
	var err error
	e.stop.Do(func() {
		err = kill(e.cmd)
		<-e.exited
	})
	return err
}

func start(ctx context.Context, p program) (*Emulator, error) {
	java, jar, err := find(p)
	if err != nil {
		return nil, err
	}
	var last error
	for range attempts {
		e, err := launch(ctx, java, p.args(jar))
		if err == nil {
			return e, nil
		}
		last = err
		if ctx.Err() != nil {
			break
		}
	}
	return nil, fmt.Errorf("start %s: %w", p.name, last)
}

func launch(ctx context.Context, java string, args []string) (*Emulator, error) {
	port, err := freePort(ctx)
	if err != nil {
		return nil, err
	}
	args = append(args, "--host=127.0.0.1", "--port="+strconv.Itoa(port))
	output := &tail{}
	// The emulator outlives the call that starts it: Close ends it, not ctx.
	cmd := exec.CommandContext(context.WithoutCancel(ctx), java, args...) //nolint:gosec // the arguments are this package's own
	cmd.Stdout, cmd.Stderr = output, output
	bind(cmd)
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	e := &Emulator{Addr: net.JoinHostPort("127.0.0.1", strconv.Itoa(port)), cmd: cmd, exited: make(chan struct{})}
	go func() {
		defer close(e.exited)
		_ = cmd.Wait() // a killed child's status says nothing
	}()
	if err := e.await(ctx, output); err != nil {
		return nil, errors.Join(err, e.Close())
	}
	return e, nil
}

// await polls the emulator's root page, which answers 200 when it is ready.
func (e *Emulator) await(ctx context.Context, output *tail) error {
	ctx, cancel := context.WithTimeout(ctx, readyWithin)
	defer cancel()
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		if e.ready(ctx) {
			return nil
		}
		select {
		case <-e.exited:
			return fmt.Errorf("it ended before it was ready: %s", output)
		case <-ctx.Done():
			return fmt.Errorf("it was not ready in time: %w: %s", ctx.Err(), output)
		case <-tick.C:
		}
	}
}

func (e *Emulator) ready(ctx context.Context) bool {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+e.Addr+"/", nil)
	if err != nil {
		return false
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return false
	}
	defer resp.Body.Close()
	return resp.StatusCode == http.StatusOK
}

func freePort(ctx context.Context) (int, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return 0, fmt.Errorf("find a free port: %w", err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	if err := l.Close(); err != nil {
		return 0, fmt.Errorf("give back the free port: %w", err)
	}
	return port, nil
}

// tail keeps the last of what a child prints, for the error that tells of it.
type tail struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

const tailBytes = 4 << 10

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.buf.Write(p)
	t.buf.Next(max(0, t.buf.Len()-tailBytes))
	return len(p), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.buf.String()
}
