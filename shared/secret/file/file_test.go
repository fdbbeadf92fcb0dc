package file_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/clock"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/secret"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/secret/file"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/secret/secrettest"
)

func TestConformance(t *testing.T) {
	t.Parallel()
	secrettest.Run(t, func(t *testing.T) secret.Store {
		t.Helper()
		s, err := file.New(filepath.Join(t.TempDir(), "secrets.json"), clock.Real{})
		if err != nil {
			t.Fatal(err)
		}
		return s
	})
}

func TestFileIsTheOwnersAlone(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "secrets.json")
	s, err := file.New(path, clock.Real{})
	if err != nil {
		t.Fatal(err)
	}
	v, err := s.Add(t.Context(), "hook", secret.Value("canary"))
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	again, err := file.New(path, clock.Real{})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := again.Versions(t.Context(), "hook"); err != nil || string(got[0].Value) != "canary" {
		t.Errorf("after opening again: %v, %v", got, err)
	}
	if err := again.Disable(t.Context(), "hook", v.ID); err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(path); err != nil || strings.Contains(string(text), "Y2FuYXJ5") {
		t.Errorf("a disabled value is still in the file: %s, %v", text, err)
	}
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		text string
		mode os.FileMode
		want string
	}{
		"others can read": {`{}`, 0o644, "chmod 600"},
		"not JSON":        {`{"a": canary`, 0o600, "not valid JSON"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "secrets.json")
			if err := os.WriteFile(path, []byte(tt.text), tt.mode); err != nil {
				t.Fatal(err)
			}
			_, err := file.New(path, clock.Real{})
			if !fault.Is(err, fault.Conflict) || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "canary") {
				t.Errorf("Open = %v", err)
			}
		})
	}
}
