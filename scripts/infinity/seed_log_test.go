package main_test

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/audit"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/audit/transparency"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/blob"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/clock"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
)

// seedLog writes records of which several requests are needed, and seals all.
func seedLog(st store.Store, blobs blob.Store) error {
	private, err := transparency.NewKey("test.example/audit")
	if err != nil {
		return err
	}
	signer, key, err := transparency.ParseKey(string(private))
	if err != nil {
		return err
	}
	ctx := context.Background()
	err = st.Run(ctx, func(_ context.Context, tx store.Tx) error {
		for i := range 2500 {
			if err := audit.Write(tx, audit.Record{At: time.Now(), Actor: "key:ana", Verb: "test", Subject: fmt.Sprint("things/", i)}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	log := transparency.Log{Store: st, Blobs: blobs, Clock: clock.Real{}, Signer: signer, Key: key}
	_, err = log.Seal(ctx)
	return err
}

// cut deletes the audit record of an index from the script's store.
func cut(ts *testscript.TestScript, _ bool, args []string) {
	st, ok := ts.Value("store").(store.Store)
	index, err := strconv.Atoi(args[0])
	if !ok || err != nil {
		ts.Fatalf("usage: cut index, in a script that has a log")
	}
	found, err := st.Query(context.Background(), store.Query{
		Collection: audit.Collection, OrderBy: "index", Where: []store.Filter{{Field: "index", Op: store.Eq, Value: index}},
	})
	ts.Check(err)
	ts.Check(st.Run(context.Background(), func(_ context.Context, tx store.Tx) error { return tx.Delete(found.Documents[0].Key) }))
}
