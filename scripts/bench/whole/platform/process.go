// Package platform starts the processes that the benchmarks measure, and reads
// from /proc what they cost (proc(5), so Linux only). It measures nothing by
// itself.
package platform

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Process is a started program that has said that it is ready.
type Process struct {
	// Ready is the time from exec to the line that says so.
	Ready time.Duration
	cmd   *exec.Cmd
}

// Start runs args until a line of its output contains ready. Standard error
// passes through; env is added to this process's.
func Start(ctx context.Context, ready string, env []string, args ...string) (*Process, error) {
	p := &Process{cmd: exec.CommandContext(ctx, args[0], args[1:]...)}
	p.cmd.Env = append(os.Environ(), env...)
	p.cmd.Stderr = os.Stderr
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	began := time.Now()
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", args[0], err)
	}
	said := make(chan bool, 1)
	go func() { // the pipe is read to its end, so that the program never blocks on it
		found := false
		for lines := bufio.NewScanner(out); lines.Scan(); {
			if !found && strings.Contains(lines.Text(), ready) {
				found = true
				said <- true
			}
		}
		if !found {
			said <- false
		}
	}()
	timeout := time.NewTimer(2 * time.Minute)
	defer timeout.Stop()
	select {
	case ok := <-said:
		if p.Ready = time.Since(began); ok {
			return p, nil
		}
		return nil, errors.Join(fmt.Errorf("%s ended before it was ready", args[0]), p.cmd.Wait())
	case <-timeout.C:
		p.Stop()
		return nil, fmt.Errorf("%s was not ready within 2 minutes", args[0])
	}
}

// Stop ends the process as a user's Ctrl-C does, and waits for it.
func (p *Process) Stop() {
	if p.cmd.Process.Signal(syscall.SIGINT) == nil {
		_ = p.cmd.Wait() // ended by a signal: its status tells nothing
	}
}

// CPU returns the user and system time so far, in steps of 10 ms.
func (p *Process) CPU() (time.Duration, error) {
	text, err := os.ReadFile(p.proc("stat"))
	if err != nil {
		return 0, err
	}
	_, rest, _ := strings.Cut(string(text), ") ")
	fields := strings.Fields(rest)
	if len(fields) < 13 {
		return 0, fmt.Errorf("%s is too short", p.proc("stat"))
	}
	user, err1 := strconv.Atoi(fields[11])
	system, err2 := strconv.Atoi(fields[12])
	return time.Duration(user+system) * 10 * time.Millisecond, errors.Join(err1, err2)
}

// RSS returns the resident memory in bytes.
func (p *Process) RSS() (int64, error) {
	text, err := os.ReadFile(p.proc("status"))
	if err != nil {
		return 0, err
	}
	_, rest, _ := strings.Cut(string(text), "VmRSS:")
	fields := strings.Fields(rest)
	if len(fields) == 0 {
		return 0, fmt.Errorf("%s has no VmRSS", p.proc("status"))
	}
	kib, err := strconv.ParseInt(fields[0], 10, 64)
	return kib << 10, err
}

func (p *Process) proc(name string) string {
	return fmt.Sprintf("/proc/%d/%s", p.cmd.Process.Pid, name)
}
