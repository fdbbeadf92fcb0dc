//go:build unix

package local_test

import (
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// childLease is the lease that the process is started with.
const childLease = 2 * time.Second

// TestF3StoppedProcess stops the real process (SIGSTOP) for 1.5 to 3 leases
// just when GitHub answers the last look before a call that changes something.
// When it goes on, its leases are over: whatever the stalled worker still does
// and whatever takes over from it, each effect is made once.
func TestF3StoppedProcess(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("takes half a minute")
	}
	const rounds, each = 3, 8
	w := newKillWorld(t)
	var armed atomic.Bool
	stopped := make(chan struct{}, 1)
	var p *process
	var sent sync.WaitGroup
	w.looked = func(r *http.Request) {
		look := r.Method == http.MethodGet && strings.HasSuffix(r.URL.Path, "/comments")
		if look && armed.CompareAndSwap(true, false) {
			p.signal(t, syscall.SIGSTOP) // it reads the answer when it goes on
			stopped <- struct{}{}
		}
	}
	p = w.start(t)
	defer p.kill(t)
	for round := range rounds {
		armed.Store(true)
		sent.Go(func() {
			for range each {
				w.occur(t)
			}
		})
		select {
		case <-stopped:
		case <-time.After(time.Minute):
			t.Fatal("nothing looked at comments for a minute")
		}
		since, rest := time.Now(), childLease*time.Duration(3+round%4)/2
		until(t, time.Minute, "the end of the leases", func() bool { return time.Since(since) > rest })
		p.signal(t, syscall.SIGCONT)
	}
	sent.Wait()
	w.check(t, rounds*each)
}

func (p *process) signal(t *testing.T, s syscall.Signal) {
	t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		t.Errorf("%s: %v", s, err)
	}
}
