// Command tamper damages the audit records of a stopped platform on purpose, as
// somebody with access to its store could, so that one can see for oneself that
// `infinity audit verify` names what was done. It is for trying out, never for
// data that matters.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"os"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/audit"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/clock"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/function/machine"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
)

func main() {
	data := flag.String("data", ".data", "folder of a platform that is stopped")
	remove := flag.String("delete", "", "id of the audit record to cut out")
	rewrite := flag.String("rewrite", "", "id of the audit record to put another actor into")
	flag.Parse()
	if err := run(context.Background(), *data, *remove, *rewrite); err != nil {
		fmt.Fprintln(os.Stderr, "tamper:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, data, remove, rewrite string) (err error) {
	if (remove == "") == (rewrite == "") {
		return errors.New("give one of -delete and -rewrite, with the id of a record; `infinity audit export` lists them")
	}
	m, err := machine.Open(machine.Options{Data: data, Clock: clock.Real{}, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, m.Close()) }()
	return m.Store.Run(ctx, func(ctx context.Context, tx store.Tx) error {
		key := store.Key{Collection: audit.Collection, ID: remove + rewrite}
		r, err := store.Get[audit.Record](ctx, tx, key)
		if err != nil {
			return err
		}
		if r.Index == audit.Unsealed {
			return errors.New("this record is not sealed yet, so that its change would not be seen; start and stop the platform, or take an older one")
		}
		if remove != "" {
			return tx.Delete(key)
		}
		r.Actor = "nobody"
		return tx.Put(key, r)
	})
}
