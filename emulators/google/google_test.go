package google_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"testing"

	"github.com/InfinityXOneSystems/infinity-matrix/emulators/google"
	"github.com/InfinityXOneSystems/infinity-matrix/emulators/google/googletest"
)

func TestEmulatorsAnswerWhenLent(t *testing.T) {
	t.Parallel()
	for name, lend := range map[string]func(testing.TB) string{"firestore": googletest.Firestore, "pubsub": googletest.PubSub} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			addr := lend(t)
			resp, err := http.Get("http://" + addr + "/")
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			if resp.StatusCode != http.StatusOK {
				t.Errorf("status %d, want 200", resp.StatusCode)
			}
			if again := lend(t); again != addr {
				t.Errorf("lent %s and %s, want one for all", addr, again)
			}
		})
	}
}

func TestCloseStopsTheEmulator(t *testing.T) {
	t.Parallel()
	e, err := google.StartPubSub(t.Context())
	if errors.Is(err, google.ErrNotInstalled) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // closing twice is fine
		if err := e.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", e.Addr); err == nil {
		_ = conn.Close()
		t.Error("the emulator still listens after Close")
	}
}

func TestStartEndsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	e, err := google.StartPubSub(ctx)
	if errors.Is(err, google.ErrNotInstalled) {
		t.Skip(err)
	}
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v and %v, want context.Canceled", e, err)
	}
}

// TestMissingJavaIsNamed is not parallel: it changes the environment.
func TestMissingJavaIsNamed(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	_, err := google.StartFirestore(t.Context())
	if !errors.Is(err, google.ErrNotInstalled) {
		t.Errorf("got %v, want ErrNotInstalled", err)
	}
}
