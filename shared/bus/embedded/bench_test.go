package embedded_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/bus"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/bus/embedded"
)

// cpu returns the CPU time that this process has used.
func cpu(tb testing.TB) time.Duration {
	tb.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		tb.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// drain serves until n messages were handled and are acknowledged.
func drain(b *testing.B, mq *embedded.Bus, s bus.Subscription, n int) {
	b.Helper()
	ctx, cancel := context.WithCancel(b.Context())
	var left atomic.Int64
	left.Store(int64(n))
	err := mq.Serve(ctx, s, func(context.Context, bus.Message) error {
		if left.Add(-1) == 0 {
			cancel()
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	cancel()
}

// BenchmarkPublishDeliverAck is the whole way of 1 KiB messages, published
// durably from 64 goroutines while they are delivered.
func BenchmarkPublishDeliverAck(b *testing.B) {
	_, mq := open(b, b.TempDir(), nil)
	s := bus.Subscription{Name: "sub", Topic: "topic"}
	if err := mq.Ensure(b.Context(), s); err != nil {
		b.Fatal(err)
	}
	start := cpu(b)
	b.ResetTimer()
	var both sync.WaitGroup
	both.Go(func() { publishMany(b, mq, b.N) })
	drain(b, mq, s, b.N)
	both.Wait()
	b.StopTimer()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "msg/s")
	b.ReportMetric(float64(cpu(b)-start)/float64(b.N), "cpu-ns/msg")
}

// BenchmarkBacklog drains backlogs of 1,000 and of 100,000, by turns in one
// run, and reports what a message of the large one costs against one of the
// small: CPU time and wall time.
func BenchmarkBacklog(b *testing.B) {
	const small, large = 1_000, 100_000
	var cost, wall [2]float64
	for range b.N {
		for i, n := range []int{small, large} {
			for range map[bool]int{true: 20, false: 1}[n == small] { // as many samples of the small
				c, w := backlogCost(b, b.TempDir(), n)
				cost[i] += c
				wall[i] += w
			}
		}
	}
	b.ReportMetric(cost[0]/20/float64(b.N), "cpu-ns/msg-1k")
	b.ReportMetric(cost[1]/float64(b.N), "cpu-ns/msg-100k")
	b.ReportMetric(20*cost[1]/cost[0], "cpu-ratio")
	b.ReportMetric(20*wall[1]/wall[0], "wall-ratio")
}

func backlogCost(b *testing.B, dir string, n int) (cpuNS, wallNS float64) {
	b.Helper()
	_, mq := open(b, dir, nil)
	s := bus.Subscription{Name: "sub", Topic: "topic", Ordered: true}
	if err := mq.Ensure(b.Context(), s); err != nil {
		b.Fatal(err)
	}
	var all sync.WaitGroup
	for worker := range 64 {
		all.Go(func() {
			m := bus.Message{Data: make([]byte, 1024), OrderingKey: fmt.Sprint("repository-", worker)}
			for i := worker; i < n; i += 64 {
				if _, err := mq.Publish(b.Context(), "topic", m); err != nil {
					b.Errorf("publish: %v", err)
				}
			}
		})
	}
	all.Wait()
	before, start := cpu(b), time.Now()
	drain(b, mq, s, n)
	return float64(cpu(b)-before) / float64(n), float64(time.Since(start)) / float64(n)
}
