package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"runtime/pprof"
	"syscall"

	"github.com/InfinityXOneSystems/infinity-matrix/emulators/local"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/clock"
)

// profileFile, in the environment, makes this program take the place of
// `infinity up` and write a CPU profile of it: the platform itself has no
// switch for that.
const profileFile = "BENCH_PROFILE"

// profiled is `infinity up` under the profiler.
func profiled(path string, args []string) (err error) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	flags := flag.NewFlagSet("up", flag.ContinueOnError)
	cfg := local.Config{Log: slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn})), Clock: clock.Real{}}
	flags.StringVar(&cfg.Data, "data", "", "")
	flags.StringVar(&cfg.Policies, "policies", "", "")
	flags.StringVar(&cfg.GitHub, "github", "", "")
	flags.IntVar(&cfg.Port, "port", 0, "")
	if err := flags.Parse(args); err != nil {
		return err
	}
	file, err := os.Create(path) //nolint:gosec // the path is the caller's own
	if err != nil {
		return err
	}
	if err := pprof.StartCPUProfile(file); err != nil {
		return errors.Join(err, file.Close())
	}
	err = local.Run(ctx, cfg, func(local.Info) { fmt.Println("Ready in") })
	pprof.StopCPUProfile()
	return errors.Join(err, file.Close())
}
