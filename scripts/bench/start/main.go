// Command start measures `infinity up`: how soon it is ready after exec, beside
// Node-RED; its memory when idle; what an event takes of the disk; and how soon
// it is ready on the state of many events. The events are GitHub's recorded
// payloads, sent through the real webhook, decided by the policies that ship,
// and kept by the real drivers.
//
//	scripts/bench/start/run.sh -rounds 3 -events 100000
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/scripts/bench/whole/platform"
)

type config struct {
	binary, policies, node string
	rounds, events, sizes  int
}

func main() {
	var c config
	flag.StringVar(&c.binary, "bin", "bin/infinity", "the command line")
	flag.StringVar(&c.policies, "policies", ".infinity", "the policies that ship")
	flag.StringVar(&c.node, "node", "", "folder with Node-RED; empty leaves it out")
	flag.IntVar(&c.rounds, "rounds", 3, "starts of each, interleaved")
	flag.IntVar(&c.events, "events", 100_000, "events in the large state; 0 leaves it out")
	flag.IntVar(&c.sizes, "sizes", 3290, "events after which the disk is measured")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, c); err != nil {
		log.Fatal(err) //nolint:gocritic // the process ends
	}
}

func run(ctx context.Context, c config) (err error) {
	dir, err := os.MkdirTemp("", "bench-start-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	if err := starts(ctx, c, dir); err != nil {
		return err
	}
	return states(ctx, c, dir)
}

// starts compares the starts on an empty folder.
func starts(ctx context.Context, c config, dir string) error {
	var ours, theirs, memory, oursCPU, theirsCPU []float64
	for i := range c.rounds {
		up, err := platform.Start(ctx, "Ready in", nil, c.binary, "up", "--data", filepath.Join(dir, fmt.Sprint("empty", i)),
			"--port", "0", "--github-port", "0", "--policies", c.policies)
		if err != nil {
			return err
		}
		cpu, cpuErr := up.CPU()
		time.Sleep(2 * time.Second) // idle, with the sweep that each start makes
		rss, err := up.RSS()
		up.Stop()
		if err := errors.Join(err, cpuErr); err != nil {
			return err
		}
		oursCPU = append(oursCPU, cpu.Seconds())
		ours, memory = append(ours, up.Ready.Seconds()), append(memory, float64(rss)/(1<<20))
		if c.node == "" {
			continue
		}
		red, cpu, err := nodeRED(ctx, c, filepath.Join(dir, fmt.Sprint("red", i)))
		if err != nil {
			return err
		}
		theirs, theirsCPU = append(theirs, red.Seconds()), append(theirsCPU, cpu.Seconds())
	}
	fmt.Printf("ready after exec, empty folder   %8.3f s    (target 2)\n", median(ours))
	if len(theirs) > 0 {
		fmt.Printf("Node-RED, until its flows run    %8.3f s    ratio %.3f (target 0.1)\n", median(theirs), median(ours)/median(theirs))
		fmt.Printf("CPU until then, ours, Node-RED   %8.3f s    %.3f s, ratio %.3f (the fairer ratio on a busy machine)\n",
			median(oursCPU), median(theirsCPU), median(oursCPU)/median(theirsCPU))
	}
	fmt.Printf("resident memory, idle            %8.1f MiB  (target 150)\n", median(memory))
	return nil
}

// nodeRED starts Node-RED once on an empty folder, and returns how long that
// took and how much CPU time.
func nodeRED(ctx context.Context, c config, dir string) (took, cpu time.Duration, err error) {
	port, err := platform.FreePort(ctx)
	if err != nil {
		return 0, 0, err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return 0, 0, err
	}
	settings := filepath.Join(dir, "settings.js")
	text := `module.exports = {uiHost: "127.0.0.1", flowFile: "flows.json", telemetry: {enabled: false, updateNotification: false}};`
	if err := os.WriteFile(settings, []byte(text), 0o600); err != nil {
		return 0, 0, err
	}
	if err := os.WriteFile(filepath.Join(dir, "flows.json"), []byte("[]"), 0o600); err != nil {
		return 0, 0, err
	}
	red, err := platform.Start(ctx, "Started flows", nil, "node", filepath.Join(c.node, "node_modules", "node-red", "red.js"),
		"--userDir", dir, "--settings", settings, "--port", port)
	if err != nil {
		return 0, 0, err
	}
	cpu, err = red.CPU()
	red.Stop()
	return red.Ready, cpu, err
}

func median(values []float64) float64 {
	s := slices.Sorted(slices.Values(values))
	return s[len(s)/2]
}
