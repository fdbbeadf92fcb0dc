// Command bus compares the embedded bus with NATS JetStream in one process:
// 64 publishers, each waiting for the acknowledgement of its message, while one
// consumer of 8 workers receives and acknowledges. The rounds of the contestants
// are interleaved; medians and ratios are printed, wall time and CPU time.
//
//	go run ./bus -n 50000 -rounds 5
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"os/signal"
	"slices"
	"sync"
	"syscall"
	"text/tabwriter"
	"time"
)

const (
	publishers = 64
	workers    = 8
)

// contestant is a bus that is ready, with one consumer on its topic.
type contestant interface {
	publish(ctx context.Context, body []byte) error
	// consume receives and acknowledges n messages.
	consume(ctx context.Context, n int) error
	close() error
}

type entry struct {
	name      string
	open      func(ctx context.Context, dir string) (contestant, error)
	wall, cpu []float64 // µs a message, by round
}

func main() {
	n := flag.Int("n", 50_000, "messages a round")
	rounds := flag.Int("rounds", 5, "rounds")
	size := flag.Int("size", 1024, "bytes a message")
	flag.Parse()
	if err := compare(*n, *rounds, *size); err != nil {
		log.Fatal(err)
	}
}

func compare(n, rounds, size int) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	entries := []*entry{
		{name: "embedded, durable", open: openOurs},
		{name: "JetStream, memory", open: openMemory},
		{name: "JetStream, file, not synced", open: openFile},
		{name: "JetStream, file, sync always", open: openSynced},
	}
	return run(ctx, os.Stdout, entries, n, rounds, make([]byte, size))
}

func run(ctx context.Context, w io.Writer, entries []*entry, n, rounds int, body []byte) error {
	for range rounds {
		for _, e := range entries {
			if err := e.round(ctx, n, body); err != nil {
				return fmt.Errorf("%s: %w", e.name, err)
			}
		}
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	_, _ = fmt.Fprintln(t, "\tmsg/s\tCPU µs/msg\tours: throughput\tours: CPU\t")
	wall, cpu := median(entries[0].wall), median(entries[0].cpu)
	for _, e := range entries {
		_, _ = fmt.Fprintf(t, "%s\t%.0f\t%.1f\t%.2f\t%.2f\t\n",
			e.name, 1e6/median(e.wall), median(e.cpu), median(e.wall)/wall, cpu/median(e.cpu))
	}
	return t.Flush()
}

// round measures one contestant on an empty folder.
func (e *entry) round(ctx context.Context, n int, body []byte) error {
	dir, err := os.MkdirTemp("", "bench-bus")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	c, err := e.open(ctx, dir)
	if err != nil {
		return err
	}
	before, start := cpuTime(), time.Now()
	err = work(ctx, c, n, body)
	e.wall = append(e.wall, float64(time.Since(start).Microseconds())/float64(n))
	e.cpu = append(e.cpu, float64((cpuTime()-before).Microseconds())/float64(n))
	if closeErr := c.close(); err == nil {
		err = closeErr
	}
	return err
}

func work(ctx context.Context, c contestant, n int, body []byte) error {
	var all sync.WaitGroup
	failed := make(chan error, publishers+1)
	for p := range publishers {
		all.Go(func() {
			for i := p; i < n; i += publishers {
				if err := c.publish(ctx, body); err != nil {
					failed <- err
					return
				}
			}
		})
	}
	all.Go(func() {
		if err := c.consume(ctx, n); err != nil {
			failed <- err
		}
	})
	all.Wait()
	select {
	case err := <-failed:
		return err
	default:
		return nil
	}
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)/2]
}

func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
