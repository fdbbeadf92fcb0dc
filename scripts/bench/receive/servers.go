package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

const key = "a secret of the benchmark"

// server is one receiver under test.
type server struct {
	name    string
	address string
	process *exec.Cmd
	data    string // folder to remove
}

// startAll starts the receivers; what was started is returned with an error.
func startAll(ctx context.Context, bin, node string) ([]*server, error) {
	data, err := os.MkdirTemp("", "bench-receive-")
	if err != nil {
		return nil, err
	}
	secrets, err := json.Marshal(map[string]any{"github-webhook": []any{map[string]any{"id": "1", "value": []byte(key), "created_at": time.Now()}}})
	if err != nil {
		return nil, err
	}
	if err := os.WriteFile(filepath.Join(data, "secrets.json"), secrets, 0o600); err != nil {
		return nil, err
	}
	commands := []struct {
		name string
		args []string
	}{
		{"floor", []string{filepath.Join(bin, "floor")}},
		{"durable", []string{filepath.Join(bin, "durable")}},
		{"ours", []string{filepath.Join(bin, "githubwebhook")}},
		{"go-github", []string{filepath.Join(bin, "gogithub")}},
		{"octokit", []string{"node", filepath.Join(node, "octokit.mjs")}},
		{"probot", []string{"node", filepath.Join(node, "probot.mjs")}},
	}
	var servers []*server
	for _, c := range commands {
		s, err := start(ctx, c.name, c.args, data)
		if s != nil {
			servers = append(servers, s)
		}
		if err != nil {
			return servers, fmt.Errorf("start %s: %w", c.name, err)
		}
	}
	return servers, nil
}

func start(ctx context.Context, name string, args []string, data string) (*server, error) {
	port, err := freePort(ctx)
	if err != nil {
		return nil, err
	}
	s := &server{name: name, address: "127.0.0.1:" + strconv.Itoa(port), process: exec.CommandContext(ctx, args[0], args[1:]...), data: data}
	s.process.Env = append(os.Environ(), "HOST=127.0.0.1", fmt.Sprintf("PORT=%d", port), "SECRET="+key,
		"INFINITY_DATA="+data, "LOG_LEVEL=warn", "NODE_ENV=production")
	s.process.Stderr = os.Stderr
	if err := s.process.Start(); err != nil {
		return nil, err
	}
	return s, s.wait(ctx)
}

// wait waits until the server takes connections.
func (s *server) wait(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		connection, err := new(net.Dialer).DialContext(ctx, "tcp", s.address)
		if err == nil {
			return connection.Close()
		}
		select {
		case <-ctx.Done():
			return errors.Join(errors.New("it does not listen within 30 s"), err)
		case <-tick.C:
		}
	}
}

func freePort(ctx context.Context) (int, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	address, ok := l.Addr().(*net.TCPAddr)
	if !ok {
		return 0, errors.New("no TCP address")
	}
	return address.Port, nil
}

// cpu returns the process's user and system time so far, in nanoseconds: the
// clock that clock_getcpuclockid(3) gives for another process.
func (s *server) cpu() (time.Duration, error) {
	const scheduled = 2 // CPUCLOCK_SCHED
	var t unix.Timespec
	if err := unix.ClockGettime(int32(^s.process.Process.Pid<<3|scheduled), &t); err != nil { //nolint:gosec // ids have 22 bits
		return 0, fmt.Errorf("read the CPU time of %s: %w", s.name, err)
	}
	return time.Duration(t.Nano()), nil
}

func stopAll(servers []*server) {
	for _, s := range servers {
		if s.process.Process.Signal(syscall.SIGTERM) == nil {
			s.process.Wait() //nolint:errcheck // stopped by a signal: always an error
		}
	}
	if len(servers) > 0 {
		os.RemoveAll(servers[0].data) //nolint:errcheck // a temporary folder
	}
}
