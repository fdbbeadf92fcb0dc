package auth

import (
	"net/netip"
	"sync"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/clock"
)

// Bounds of the limiter.
const (
	maxFailures  = 10          // of one address in one window
	window       = time.Minute //
	maxAddresses = 4096        // remembered; about 400 KiB
)

// Limiter counts failed attempts by remote address. One instance of a function
// has its own: with n instances a guesser gets n times the attempts, which
// against 256 bits is nothing. The zero value is not usable; call NewLimiter.
type Limiter struct {
	clock clock.Clock
	mu    sync.Mutex
	seen  map[netip.Prefix]*tally
}

type tally struct {
	failures int
	ends     time.Time
}

// NewLimiter returns a limiter that has seen nothing.
func NewLimiter(c clock.Clock) *Limiter {
	return &Limiter{clock: c, seen: map[netip.Prefix]*tally{}}
}

// Wait returns how long addr must wait before its next attempt; 0 if it need not.
func (l *Limiter) Wait(addr string) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	t, now := l.seen[network(addr)], l.clock.Now()
	if t == nil || t.failures < maxFailures || !now.Before(t.ends) {
		return 0
	}
	return t.ends.Sub(now)
}

// Fail counts a failed attempt of addr.
func (l *Limiter) Fail(addr string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	n, now := network(addr), l.clock.Now()
	t := l.seen[n]
	if t == nil || !now.Before(t.ends) {
		if t == nil && len(l.seen) >= maxAddresses {
			l.forget(now)
		}
		t = &tally{ends: now.Add(window)}
		l.seen[n] = t
	}
	t.failures++
}

// forget makes room: it drops what is over, or else the address with the
// fewest failures, so that a flood of addresses frees no guesser.
func (l *Limiter) forget(now time.Time) {
	var least netip.Prefix
	fewest := maxFailures + 1
	for n, t := range l.seen {
		if !now.Before(t.ends) {
			delete(l.seen, n)
		} else if t.failures < fewest {
			least, fewest = n, t.failures
		}
	}
	if len(l.seen) >= maxAddresses {
		delete(l.seen, least)
	}
}

// network is what one caller holds: an IPv4 address, or an IPv6 /64. What does
// not parse shares one entry.
func network(addr string) netip.Prefix {
	if ap, err := netip.ParseAddrPort(addr); err == nil {
		addr = ap.Addr().String()
	}
	ip, err := netip.ParseAddr(addr)
	if err != nil {
		return netip.Prefix{}
	}
	bits, ip := 32, ip.Unmap().WithZone("")
	if ip.Is6() {
		bits = 64
	}
	p, err := ip.Prefix(bits)
	if err != nil {
		return netip.Prefix{}
	}
	return p
}
