// Package googletest lends Google's emulators to tests: one of each for a test
// binary, stopped when the last test that uses it ends. It is for tests only.
package googletest

import (
	"context"
	"errors"
	"os"
	"sync"
	"testing"

	"github.com/InfinityXOneSystems/infinity-matrix/emulators/google"
)

// RequireVariable names the variable that, set to 1, makes a missing emulator a failure: a machine
// that should have them must not skip in silence.
const RequireVariable = "INFINITY_REQUIRE_EMULATORS"

var (
	firestore = lender{start: google.StartFirestore}
	pubsub    = lender{start: google.StartPubSub}
)

// Firestore returns the address of a Firestore emulator for tb. Tests share it:
// each must use a project of its own.
func Firestore(tb testing.TB) string {
	tb.Helper()
	return firestore.lend(tb)
}

// PubSub returns the address of a Pub/Sub emulator for tb. Tests share it: each
// must use a project of its own.
func PubSub(tb testing.TB) string {
	tb.Helper()
	return pubsub.lend(tb)
}

type lender struct {
	start func(context.Context) (*google.Emulator, error)

	mu    sync.Mutex
	users int
	emu   *google.Emulator
}

func (l *lender) lend(tb testing.TB) string {
	tb.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.users == 0 {
		emu, err := l.start(tb.Context())
		switch {
		case errors.Is(err, google.ErrNotInstalled) && os.Getenv(RequireVariable) != "1":
			tb.Skip(err)
		case err != nil:
			tb.Fatal(err)
		}
		l.emu = emu
	}
	l.users++
	tb.Cleanup(func() { l.giveBack(tb) })
	return l.emu.Addr
}

func (l *lender) giveBack(tb testing.TB) {
	tb.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.users--
	if l.users > 0 {
		return
	}
	if err := l.emu.Close(); err != nil {
		tb.Error(err)
	}
}
