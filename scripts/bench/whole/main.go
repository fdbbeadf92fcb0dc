// Command whole measures the whole way of an event, from GitHub's webhook to
// the label on the fake GitHub and the audit record that it is there, on the
// real `infinity up` with 1,000 policies that do not match and one that does.
// Beside it runs the chain of Node packages that people would build instead
// (chain.mjs), which makes the same calls and keeps no record. The rounds of
// both are interleaved; generator and fake run in this process.
//
//	scripts/bench/whole/run.sh -rounds 3 -events 200 -rate 200 -for 10s
//
// With BENCH_PROFILE=file this program runs the platform itself, as a child,
// and leaves a CPU profile of it there, for go tool pprof.
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
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/emulators/local"
	"github.com/InfinityXOneSystems/infinity-matrix/scripts/bench/whole/platform"
)

type config struct {
	binary, node          string
	rules, rounds, events int
	rate, window          int
	length                time.Duration
}

func main() {
	if path := os.Getenv(profileFile); path != "" && len(os.Args) > 2 && os.Args[1] == "up" {
		if err := profiled(path, os.Args[2:]); err != nil {
			log.Fatal(err)
		}
		return
	}
	var c config
	flag.StringVar(&c.binary, "bin", "bin/infinity", "the command line")
	flag.StringVar(&c.node, "node", "", "folder with chain.mjs and its packages; empty leaves the Node chain out")
	flag.IntVar(&c.rules, "rules", 1000, "policies that do not match")
	flag.IntVar(&c.rounds, "rounds", 3, "interleaved rounds")
	flag.IntVar(&c.events, "events", 200, "events a round")
	flag.IntVar(&c.window, "window", 8, "events under way at once in a round")
	flag.IntVar(&c.rate, "rate", 200, "events a second in the open loop")
	flag.DurationVar(&c.length, "for", 10*time.Second, "length of the open loop")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, c); err != nil {
		log.Fatal(err) //nolint:gocritic // the process ends
	}
}

func run(ctx context.Context, c config) (err error) {
	dir, err := os.MkdirTemp("", "bench-whole-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	p, err := platform.New(ctx, dir)
	if err != nil {
		return err
	}
	w, err := newWorld(p)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.close()) }()
	rs := rules(c.rules)
	if err := writePolicies(dir, rs); err != nil {
		return err
	}
	if os.Getenv(profileFile) != "" {
		c.binary = os.Args[0]
	}
	process, endpoint, err := p.Up(ctx, c.binary, "--github", w.api.URL, "--policies", dir)
	if err != nil {
		return err
	}
	defer process.Stop()
	ours := &contestant{name: "infinity", process: process, webhook: endpoint.Webhook, secret: p.Secret}
	all := []*contestant{ours}
	if c.node != "" {
		if err := writeRules(filepath.Join(dir, "rules.json"), rs); err != nil {
			return err
		}
		chain, err := startChain(ctx, c, w, p, filepath.Join(dir, "rules.json"))
		if err != nil {
			return err
		}
		defer chain.process.Stop()
		all = append(all, chain)
	}
	if err := interleave(ctx, c, w, all); err != nil {
		return err
	}
	return openLoop(ctx, c, w, ours, endpoint)
}

// interleave runs the rounds after one that warms up.
func interleave(ctx context.Context, c config, w *world, all []*contestant) error {
	for range c.rounds + 1 {
		for _, x := range all {
			jobs, err := w.occur(ctx, c.events)
			if err != nil {
				return err
			}
			if err := x.closed(ctx, w, jobs, c.window); err != nil {
				return err
			}
		}
	}
	fmt.Printf("CPU an event, ms (medians of %d interleaved rounds of %d events, %d under way, %d rules)\n", c.rounds, c.events, c.window, c.rules)
	for _, x := range all {
		x.cpu = x.cpu[1:]
		fmt.Printf("  %-12s %8.2f\n", x.name, median(x.cpu))
	}
	if len(all) > 1 {
		fmt.Printf("  ratio        %8.3f   (target 0.1)\n", median(all[0].cpu)/median(all[1].cpu))
	}
	return nil
}

// openLoop measures latency at a fixed rate.
func openLoop(ctx context.Context, c config, w *world, ours *contestant, e local.Endpoint) error {
	jobs, err := w.occur(ctx, int(c.length.Seconds()*float64(c.rate)))
	if err != nil {
		return err
	}
	samples, cpu, err := ours.open(ctx, w, jobs, c.rate)
	if err != nil {
		return err
	}
	if err := settle(ctx); err != nil {
		return err
	}
	all, err := traces(ctx, e, samples)
	if err != nil {
		return err
	}
	effect, verified := between(all, "due", "effect"), between(all, "due", "verified")
	fmt.Printf("open loop, %d events/s for %s: CPU an event %.2f ms\n", c.rate, c.length, cpu.Seconds()*1000/float64(len(jobs)))
	fmt.Printf("  webhook to effect           p50 %7.2f ms   p99 %7.2f ms\n", at(effect, 50), at(effect, 99))
	fmt.Printf("  webhook to proof's record   p50 %7.2f ms   p99 %7.2f ms   (targets 20, 100)\n", at(verified, 50), at(verified, 99))
	return printStages(os.Stdout, all)
}

// settle gives the last events the time to be recorded.
func settle(ctx context.Context) error {
	select {
	case <-time.After(time.Second):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
