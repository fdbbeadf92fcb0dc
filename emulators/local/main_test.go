package local_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"testing"

	"github.com/InfinityXOneSystems/infinity-matrix/emulators/local"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/clock"
)

// childConfig is the environment variable that makes this test binary run the
// platform instead of the tests: the process that the kill test kills.
const childConfig = "INFINITY_TEST_CHILD"

type child struct {
	Data, Policies, GitHub string
	Port                   int
}

func TestMain(m *testing.M) {
	if text := os.Getenv(childConfig); text != "" {
		if err := runChild(text); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

func runChild(text string) error {
	var c child
	if err := json.Unmarshal([]byte(text), &c); err != nil {
		return err
	}
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	return local.Run(context.Background(), local.Config{
		Data: c.Data, Policies: c.Policies, Port: c.Port, GitHub: c.GitHub, Log: log, Clock: clock.Real{},
	}, func(local.Info) { fmt.Println("ready") })
}
