package link_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/approval"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/approval/link"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/clock"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/secret"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/secret/memory"
)

var now = time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)

func keys(tb testing.TB, values ...string) (link.Keys, *memory.Store) {
	tb.Helper()
	secrets := memory.New(clock.NewVirtual(now))
	for _, v := range values {
		if _, err := secrets.Add(tb.Context(), "links", secret.Value(v)); err != nil {
			tb.Fatal(err)
		}
	}
	return link.Keys{Source: secrets, Secret: "links"}, secrets
}

const key = "0123456789abcdef0123456789abcdef"

func sign(tb testing.TB, k link.Keys) (string, link.Link) {
	tb.Helper()
	token, l, err := k.Sign(tb.Context(), link.Link{Execution: "x", Round: 2, PlanHash: "h", Verb: approval.Approve, Person: "ana"}, now)
	if err != nil {
		tb.Fatal(err)
	}
	return token, l
}

func TestOpenSaysWhatWasSigned(t *testing.T) {
	t.Parallel()
	k, _ := keys(t, key)
	token, want := sign(t, k)
	if want.ID == "" || !want.Until.Equal(now.Add(link.Life)) {
		t.Errorf("signed %+v", want)
	}
	got, err := k.Open(t.Context(), token, now.Add(link.Life-time.Second))
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	if _, err := k.Open(t.Context(), token, now.Add(link.Life)); !fault.Is(err, fault.Forbidden) || !strings.Contains(err.Error(), "good until") {
		t.Errorf("at its end: %v", err)
	}
	if other, _ := sign(t, k); other == token {
		t.Error("two links have one id")
	}
}

// TestS14EveryChangedByteIsRefused: a token has one spelling, and no other is
// taken.
func TestS14EveryChangedByteIsRefused(t *testing.T) {
	t.Parallel()
	k, _ := keys(t, key)
	token, _ := sign(t, k)
	refused := func(changed string) {
		t.Helper()
		if _, err := k.Open(t.Context(), changed, now); !fault.Is(err, fault.Forbidden) {
			t.Errorf("%s: %v", changed, err)
		}
	}
	for i := range token {
		for _, c := range []byte{token[i] ^ 1, 'A', '.', '=', '\n', '_'} {
			if c != token[i] {
				refused(token[:i] + string(c) + token[i+1:])
			}
		}
		refused(token[:i])
	}
	for _, more := range []string{token + "=", token + ".", token + "A", " " + token, token + "\n"} {
		refused(more)
	}
}

func TestRotation(t *testing.T) {
	t.Parallel()
	k, secrets := keys(t, key)
	old, _ := sign(t, k)
	first, err := secrets.Versions(t.Context(), "links")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := secrets.Add(t.Context(), "links", secret.Value("another key, also of 32 bytes...")); err != nil {
		t.Fatal(err)
	}
	fresh, _ := sign(t, k)
	for _, token := range []string{old, fresh} {
		if _, err := k.Open(t.Context(), token, now); err != nil {
			t.Errorf("both are enabled: %v", err)
		}
	}
	if err := secrets.Disable(t.Context(), "links", first[0].ID); err != nil {
		t.Fatal(err)
	}
	if _, err := k.Open(t.Context(), old, now); !fault.Is(err, fault.Forbidden) {
		t.Errorf("of a key that was disabled: %v", err)
	}
	if _, err := k.Open(t.Context(), fresh, now); err != nil {
		t.Errorf("of the new key: %v", err)
	}
}

func TestKeysThatAreNone(t *testing.T) {
	t.Parallel()
	none, _ := keys(t)
	if _, err := none.Open(t.Context(), "a.b", now); !fault.Is(err, fault.Unavailable) {
		t.Errorf("without a key: %v", err)
	}
	short, _ := keys(t, "short")
	if _, _, err := short.Sign(t.Context(), link.Link{}, now); err == nil || !strings.Contains(err.Error(), "at least 32") {
		t.Errorf("with a short key: %v", err)
	}
	k, _ := keys(t, key)
	if _, _, err := k.Sign(t.Context(), link.Link{Person: strings.Repeat("x", 2000)}, now); !fault.Is(err, fault.Invalid) {
		t.Errorf("of a long name: %v", err)
	}
}

// FuzzOpen: nothing that we did not sign is opened, and nothing makes it panic.
func FuzzOpen(f *testing.F) {
	k, _ := keys(f, key)
	token, _ := sign(f, k)
	f.Add(token[1:]) // each of the fuzzer's processes signs its own: none is seeded whole
	f.Add("")
	f.Add("..")
	f.Fuzz(func(t *testing.T, text string) {
		if _, err := k.Open(t.Context(), text, now); !fault.Is(err, fault.Forbidden) {
			t.Errorf("%q: %v", text, err)
		}
	})
}
