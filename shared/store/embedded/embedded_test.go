package embedded_test

import (
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	database "github.com/InfinityXOneSystems/infinity-matrix/shared/embedded"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store/embedded"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store/storetest"
)

func open(tb testing.TB, dir string, fs vfs.FS, schema store.Schema) *embedded.Store {
	tb.Helper()
	db, err := database.Open(dir, database.Options{FS: fs})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := db.Close(); err != nil {
			tb.Errorf("close: %v", err)
		}
	})
	return embedded.New(db, schema)
}

func TestConformance(t *testing.T) {
	t.Parallel()
	storetest.Run(t, storetest.Options{}, func(t *testing.T) store.Store {
		t.Helper()
		return open(t, "db", vfs.NewMem(), storetest.Schema)
	})
}
