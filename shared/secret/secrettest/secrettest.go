// Package secrettest is the conformance suite of secret.Store: each driver's
// tests run it.
package secrettest

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/secret"
)

// Run runs the suite; open returns an empty store.
func Run(t *testing.T, open func(t *testing.T) secret.Store) {
	t.Helper()
	t.Run("rotation", func(t *testing.T) {
		t.Parallel()
		testRotation(t, open(t))
	})
	t.Run("refusals", func(t *testing.T) {
		t.Parallel()
		testRefusals(t, open(t))
	})
	t.Run("values are copies and hidden", func(t *testing.T) {
		t.Parallel()
		testCopies(t, open(t))
	})
}

func add(t *testing.T, s secret.Store, name, value string) secret.Version {
	t.Helper()
	v, err := s.Add(t.Context(), name, secret.Value(value))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func values(t *testing.T, s secret.Store) []string {
	t.Helper()
	versions, err := s.Versions(t.Context(), "hook")
	if errors.Is(err, secret.ErrNotFound) {
		return nil
	}
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, v := range versions {
		got = append(got, string(v.Value))
	}
	return got
}

func testRotation(t *testing.T, s secret.Store) {
	t.Helper()
	first := add(t, s, "hook", "one")
	second := add(t, s, "hook", "two")
	add(t, s, "other", "three")
	if diff := cmp.Diff([]string{"two", "one"}, values(t, s)); diff != "" {
		t.Error(diff)
	}
	if err := s.Disable(t.Context(), "hook", first.ID); err != nil {
		t.Fatal(err)
	}
	third := add(t, s, "hook", "four")
	if third.ID == first.ID || third.ID == second.ID {
		t.Errorf("the id %s was given twice", third.ID)
	}
	if diff := cmp.Diff([]string{"four", "two"}, values(t, s)); diff != "" {
		t.Error(diff)
	}
	for _, v := range []secret.Version{second, third} {
		if err := s.Disable(t.Context(), "hook", v.ID); err != nil {
			t.Fatal(err)
		}
	}
	if got := values(t, s); got != nil {
		t.Errorf("got %v of a secret without an enabled version", got)
	}
}

func testRefusals(t *testing.T, s secret.Store) {
	t.Helper()
	for name, value := range map[string]string{"": "x", "a/b": "x", "..": "x", "empty": "", strings.Repeat("n", 256): "x"} {
		if _, err := s.Add(t.Context(), name, secret.Value(value)); !fault.Is(err, fault.Invalid) {
			t.Errorf("Add(%q, %q) = %v, want invalid", name, value, err)
		}
	}
	if _, err := s.Add(t.Context(), "big", make(secret.Value, secret.MaxBytes+1)); !fault.Is(err, fault.TooLarge) {
		t.Errorf("Add of too much = %v", err)
	}
	if _, err := s.Versions(t.Context(), "none"); !errors.Is(err, secret.ErrNotFound) {
		t.Errorf("Versions = %v, want ErrNotFound", err)
	}
	if err := s.Disable(t.Context(), "none", "1"); !errors.Is(err, secret.ErrNotFound) {
		t.Errorf("Disable = %v, want ErrNotFound", err)
	}
}

func testCopies(t *testing.T, s secret.Store) {
	t.Helper()
	value := secret.Value("canary")
	v, err := s.Add(t.Context(), "hook", value)
	if err != nil {
		t.Fatal(err)
	}
	if text := fmt.Sprintf("%v %+v %#v %s", v, v, v.Value, v.Value); strings.Contains(text, "canary") {
		t.Errorf("the value shows itself: %s", text)
	}
	value[0], v.Value[1] = 'X', 'X'
	if got := values(t, s); len(got) != 1 || got[0] != "canary" {
		t.Errorf("a caller's change reached the store: %v", got)
	}
}
