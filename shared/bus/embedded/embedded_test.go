package embedded_test

import (
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/bus"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/bus/bustest"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/bus/embedded"
	database "github.com/InfinityXOneSystems/infinity-matrix/shared/embedded"
)

func open(tb testing.TB, dir string, fs vfs.FS) (*database.DB, *embedded.Bus) {
	tb.Helper()
	db, err := database.Open(dir, database.Options{FS: fs})
	if err != nil {
		tb.Fatal(err)
	}
	b, err := embedded.New(db, embedded.Options{})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := b.Close(); err != nil {
			tb.Error(err)
		}
		if err := db.Close(); err != nil {
			tb.Error(err)
		}
	})
	return db, b
}

func TestConformance(t *testing.T) {
	t.Parallel()
	bustest.Run(t, func(tb testing.TB) bus.Bus {
		tb.Helper()
		_, b := open(tb, tb.TempDir(), nil)
		return b
	}, bustest.Options{})
}
