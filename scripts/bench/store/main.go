// Command store measures durable commits of 1 KiB documents, one a
// transaction, by writers at once, on the embedded store and on two databases
// that people would take instead: bbolt and SQLite (modernc, WAL,
// synchronous=FULL). Rounds of the three are interleaved, so that a busy
// machine slows all of them; it prints the medians, their ratios, and the
// processor time of a commit.
//
// bbolt and SQLite commit one by one here, as their plain use does: a caller
// that batches transactions itself (bbolt's Batch) gets more.
//
//	go run ./store -writers 64 -rounds 5 -round 2s
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// contestant makes one durable commit of value under a key.
type contestant struct {
	name   string
	commit func(ctx context.Context, key string, value document) error
	close  func() error
	rates  []float64 // commits a second, a round
	cpu    []float64 // microseconds a commit
}

// document has about 1 KiB of what does not compress.
type document struct {
	Body string `json:"body"`
}

func main() {
	writers := flag.Int("writers", 64, "goroutines that commit at once")
	rounds := flag.Int("rounds", 5, "rounds of each")
	round := flag.Duration("round", 2*time.Second, "length of a round")
	dir := flag.String("dir", "", "folder for the databases; a temporary one if empty")
	flag.Parse()
	if err := measure(*dir, *writers, *rounds, *round); err != nil {
		log.Fatal(err)
	}
}

func measure(dir string, writers, rounds int, round time.Duration) error {
	dir, err := os.MkdirTemp(dir, "bench-store-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	all, err := contestants(dir)
	if err != nil {
		return err
	}
	for range rounds {
		for _, c := range all {
			if err := c.run(writers, round); err != nil {
				return fmt.Errorf("%s: %w", c.name, err)
			}
		}
	}
	ours := median(all[0].rates)
	fmt.Printf("durable commits of 1 KiB, %d writers, %d rounds of %s\n", writers, rounds, round)
	for _, c := range all {
		fmt.Printf("%-10s %9.0f commits/s  %7.1f CPU µs a commit  ours is %5.1f times as fast\n",
			c.name, median(c.rates), median(c.cpu), ours/median(c.rates))
		if err := c.close(); err != nil {
			return fmt.Errorf("close %s: %w", c.name, err)
		}
	}
	return nil
}

func (c *contestant) run(writers int, length time.Duration) error {
	ctx, cancel := context.WithTimeout(context.Background(), length)
	defer cancel()
	var n atomic.Int64
	var failed atomic.Pointer[error]
	var wg sync.WaitGroup
	began, used := time.Now(), cpu()
	for w := range writers {
		wg.Go(func() {
			values := bodies(uint64(w))
			for i := 0; ctx.Err() == nil; i++ {
				key := fmt.Sprintf("%02d-%d-%d", w, began.UnixNano(), i)
				if err := c.commit(context.WithoutCancel(ctx), key, values[i%len(values)]); err != nil {
					failed.Store(&err)
					return
				}
				n.Add(1)
			}
		})
	}
	wg.Wait()
	if err := failed.Load(); err != nil {
		return *err
	}
	commits := float64(n.Load())
	c.rates = append(c.rates, commits/time.Since(began).Seconds())
	c.cpu = append(c.cpu, float64((cpu()-used).Microseconds())/commits)
	return nil
}

func cpu() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		log.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)/2]
}
