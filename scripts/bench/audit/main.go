// Command audit measures how long it takes to verify an audit log on the
// embedded drivers, beside the floor: hashing the same leaves (RFC 6962) and
// nothing else. The log is made first, through the product's own sealing.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"runtime/pprof"
	"syscall"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/audit"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/audit/transparency"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/audit/verify"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/clock"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/function/machine"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
)

func main() {
	n := flag.Int("n", 100_000, "records")
	data := flag.String("data", "", "folder to make the log in, and to find it in again; empty is a temporary one")
	profile := flag.String("cpuprofile", "", "file for a profile of the verification")
	flag.Parse()
	if err := run(context.Background(), *n, *data, *profile); err != nil {
		fmt.Fprintln(os.Stderr, "bench audit:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, n int, dir, profile string) error {
	if dir == "" {
		var err error
		if dir, err = os.MkdirTemp("", "bench-audit"); err != nil {
			return err
		}
		defer func() { _ = os.RemoveAll(dir) }()
	}
	m, err := machine.Open(machine.Options{Data: dir, Clock: clock.Real{}, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	defer func() { _ = m.Close() }()
	made, err := measured(func() error { return build(ctx, m, n) })
	if err != nil {
		return err
	}
	src := verify.Direct{Store: m.Store, Blobs: m.Blobs}
	var leaves [][]byte
	if err := src.Records(ctx, func(f verify.Found) error { leaves = append(leaves, f.Leaf); return nil }); err != nil {
		return err
	}
	floor, err := measured(func() error {
		for _, leaf := range leaves {
			tlog.RecordHash(leaf)
		}
		return nil
	})
	if err != nil {
		return err
	}
	leaves = nil
	stop, err := profiled(profile)
	if err != nil {
		return err
	}
	took, err := measured(func() error {
		report, err := verify.Log(ctx, src, verify.Options{Now: time.Now()})
		if err == nil && (!report.Whole() || report.Size != int64(n)) {
			err = fmt.Errorf("the log is not whole: %+v", report)
		}
		return err
	})
	if err := errors.Join(err, stop()); err != nil {
		return err
	}
	fmt.Printf("%-28s %12s %12s\n", "records "+fmt.Sprint(n), "time", "CPU")
	for _, row := range []struct {
		name string
		t    times
	}{{"written and sealed", made}, {"floor: hash the leaves", floor}, {"verified", took}} {
		fmt.Printf("%-28s %11.2fs %11.2fs\n", row.name, row.t.wall.Seconds(), row.t.cpu.Seconds())
	}
	fmt.Printf("verifying costs %.1f of the floor's CPU, %.1f µs a record\n", float64(took.cpu)/float64(floor.cpu), float64(took.cpu.Microseconds())/float64(n))
	return nil
}

// profiled begins to write a profile to a file, unless its name is empty.
func profiled(name string) (stop func() error, err error) {
	if name == "" {
		return func() error { return nil }, nil
	}
	f, err := os.Create(name)
	if err != nil {
		return nil, err
	}
	return func() error { pprof.StopCPUProfile(); return f.Close() }, pprof.StartCPUProfile(f)
}

// build writes n records as executions write them, and seals them, unless that
// was done before.
func build(ctx context.Context, m *machine.Machine, n int) error {
	if st, err := transparency.Read(ctx, m.Store); err != nil || st.Size > 0 {
		return err
	}
	private, err := transparency.NewKey("bench/audit")
	if err != nil {
		return err
	}
	signer, key, err := transparency.ParseKey(string(private))
	if err != nil {
		return err
	}
	for done := 0; done < n; done += 1000 {
		err := m.Store.Run(ctx, func(_ context.Context, tx store.Tx) error {
			for i := range min(1000, n-done) {
				if err := audit.Write(tx, record(done+i)); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	log := transparency.Log{Store: m.Store, Blobs: m.Blobs, Clock: m.Clock, Signer: signer, Key: key}
	_, err = log.Seal(ctx)
	return err
}

func record(i int) audit.Record {
	return audit.Record{
		At: time.Now().UTC(), Actor: "system:execute", Verb: "execution.intended", Subject: fmt.Sprintf("executions/%026d", i),
		From: "running", To: "running", Decision: fmt.Sprintf("d%025d", i), Event: fmt.Sprintf("v%025d", i),
		Details: map[string]string{"action": "github.issue.label", "policy": "triage-new-issues", "attempt": "1", "fence": "1"},
	}
}

type times struct{ wall, cpu time.Duration }

func measured(fn func() error) (times, error) {
	began, before := time.Now(), cpu()
	err := fn()
	return times{time.Since(began), cpu() - before}, err
}

// cpu is the time that the process has computed for, user and system.
func cpu() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u) // never fails for oneself
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
