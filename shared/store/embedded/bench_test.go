package embedded_test

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	database "github.com/InfinityXOneSystems/infinity-matrix/shared/embedded"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store/embedded"
)

// row is a document of about 1 KiB with the fields that executions index.
type row struct {
	State      string    `json:"state"`
	Policy     string    `json:"policy"`
	Resource   string    `json:"resource"`
	Repository string    `json:"repository"`
	DecisionID string    `json:"decision_id"`
	CreatedAt  time.Time `json:"created_at"`
	UpdatedAt  time.Time `json:"updated_at"`
	Body       string    `json:"body"`
}

var (
	start = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	body  = strings.Repeat("x", 800)
)

func newRow(i int64) row {
	at := start.Add(time.Duration(i) * time.Second)
	n := fmt.Sprint(i % 100)
	return row{"ready", "policy-" + n, "run/" + n, "octo/" + n, "d" + n, at, at, body}
}

func benchStore(b *testing.B) *embedded.Store {
	b.Helper()
	schema, err := store.DefaultSchema()
	if err != nil {
		b.Fatal(err)
	}
	return open(b, b.TempDir(), nil, schema)
}

func execution(i int64) store.Key {
	return store.Key{Collection: "executions", ID: fmt.Sprintf("e%08d", i)}
}

// cpu reports the processor time of an operation, since the wall's is fsync's.
func cpu(b *testing.B) func() {
	b.Helper()
	used := func() time.Duration {
		var u syscall.Rusage
		if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
			b.Fatal(err)
		}
		return time.Duration(u.Utime.Nano() + u.Stime.Nano())
	}
	from := used()
	return func() { b.ReportMetric(float64((used()-from).Microseconds())/float64(b.N), "cpu-µs/op") }
}

func fill(b *testing.B, s *embedded.Store, n int64) {
	b.Helper()
	const each = 500
	for i := int64(0); i < n; i += each {
		err := s.Run(b.Context(), func(_ context.Context, tx store.Tx) error {
			for j := i; j < i+each; j++ {
				if err := tx.Put(execution(j), newRow(j)); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCommit(b *testing.B) {
	for name, c := range map[string]struct {
		writers    int
		collection string // without indexes, or executions with eleven
	}{
		"plain/1": {1, "plain"}, "plain/64": {64, "plain"}, "indexed/64": {64, "executions"},
	} {
		b.Run(name, func(b *testing.B) {
			s := benchStore(b)
			var n atomic.Int64
			report := cpu(b)
			b.ResetTimer()
			runWriters(b, c.writers, func() error {
				i := n.Add(1)
				return s.Run(b.Context(), func(_ context.Context, tx store.Tx) error {
					return tx.Put(store.Key{Collection: c.collection, ID: fmt.Sprintf("e%08d", i)}, newRow(i))
				})
			})
			report()
		})
	}
}

// runWriters shares b.N operations among exactly so many goroutines.
func runWriters(b *testing.B, writers int, op func() error) {
	b.Helper()
	var left atomic.Int64
	left.Store(int64(b.N))
	done := make(chan error, writers)
	for range writers {
		go func() {
			var err error
			for err == nil && left.Add(-1) >= 0 {
				err = op()
			}
			done <- err
		}()
	}
	for range writers {
		if err := <-done; err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkDecide commits what decide does: six documents, most of them indexed.
func BenchmarkDecide(b *testing.B) {
	s := benchStore(b)
	var n atomic.Int64
	report := cpu(b)
	b.ResetTimer()
	runWriters(b, 64, func() error {
		i := n.Add(1)
		id := fmt.Sprintf("%08d", i)
		return s.Run(b.Context(), func(ctx context.Context, tx store.Tx) error {
			if _, err := tx.Get(ctx, store.Key{Collection: "deliveries", ID: id}); err == nil {
				return nil
			}
			r := newRow(i)
			for _, collection := range []string{"deliveries", "decisions", "executions", "audit", "outbox", "bodies"} {
				if err := tx.Create(store.Key{Collection: collection, ID: id}, r); err != nil {
					return err
				}
			}
			return nil
		})
	})
	report()
}

func BenchmarkRead(b *testing.B) {
	s := benchStore(b)
	fill(b, s, 20_000)
	b.Run("get", func(b *testing.B) {
		defer cpu(b)()
		for i := range int64(b.N) {
			if _, err := s.Get(b.Context(), execution(i*7919%20_000)); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("query 50", func(b *testing.B) {
		defer cpu(b)()
		q := store.Query{
			Collection: "executions", OrderBy: "created_at", Desc: true,
			Where: []store.Filter{{Field: "state", Op: store.Eq, Value: "ready"}},
		}
		for range b.N {
			if page, err := s.Query(b.Context(), q); err != nil || len(page.Documents) != 50 {
				b.Fatal(len(page.Documents), err)
			}
		}
	})
}

// BenchmarkOpen opens a state of 100,000 documents.
func BenchmarkOpen(b *testing.B) {
	dir := b.TempDir()
	db, err := database.Open(dir, database.Options{})
	if err != nil {
		b.Fatal(err)
	}
	schema, err := store.DefaultSchema()
	if err != nil {
		b.Fatal(err)
	}
	fill(b, embedded.New(db, schema), 100_000)
	used := db.Metrics().DiskSpaceUsage()
	if err := db.Close(); err != nil {
		b.Fatal(err)
	}
	b.ResetTimer()
	for range b.N {
		db, err := database.Open(dir, database.Options{})
		if err != nil {
			b.Fatal(err)
		}
		if _, err := embedded.New(db, schema).Get(b.Context(), execution(99_999)); err != nil {
			b.Fatal(err)
		}
		if err := db.Close(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(used)/100_000, "disk-B/doc")
}
