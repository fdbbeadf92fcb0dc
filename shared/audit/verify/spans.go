package verify

import (
	"context"
	"fmt"
	"runtime"
	"sync"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/audit"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/audit/transparency"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
)

// spanSize is how many leaves are read at once by one reader.
const spanSize = store.MaxPage

// Found is a record as it was found, with the hash of its leaf.
type Found struct {
	audit.Entry
	Hash tlog.Hash
}

// Find reads a stored record.
func Find(raw []byte) (Found, error) {
	e, err := audit.ReadEntry(raw)
	return Found{e, tlog.RecordHash(e.Leaf)}, err
}

// Records implements Source. Sealed records are read and hashed by as many
// readers as there are processors, each a span of leaves, and passed on in
// order.
func (d Direct) Records(ctx context.Context, each func(Found) error) error {
	st, err := transparency.Read(ctx, d.Store)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	var readers sync.WaitGroup
	defer readers.Wait() // who called may close the store
	defer cancel()
	spans := make(chan chan span, runtime.GOMAXPROCS(0)) // in order, some ahead
	readers.Go(func() {
		defer close(spans)
		// The first is of the unsealed, the last of what claims a place after the log's end.
		for from := int64(audit.Unsealed); from <= st.Next; from += spanSize {
			to := from + spanSize
			if to > st.Next {
				to = 0 // no end
			}
			out := make(chan span, 1)
			select {
			case spans <- out:
			case <-ctx.Done():
				return
			}
			readers.Go(func() { out <- d.span(ctx, from, to) })
		}
	})
	for out := range spans {
		got := <-out
		if got.err != nil {
			return got.err
		}
		for _, r := range got.records {
			if err := each(r); err != nil {
				return err
			}
		}
	}
	return ctx.Err()
}

type span struct {
	records []Found
	err     error
}

// span reads the records whose index is from from up to, without, to; 0 is no end.
func (d Direct) span(ctx context.Context, from, to int64) span {
	q := store.Query{
		Collection: audit.Collection, OrderBy: "index", Limit: store.MaxPage,
		Where: []store.Filter{{Field: "index", Op: store.Ge, Value: from}},
	}
	if to != 0 {
		q.Where = append(q.Where, store.Filter{Field: "index", Op: store.Lt, Value: to})
	}
	var all []Found
	for {
		page, err := d.Store.Query(ctx, q)
		if err != nil {
			return span{err: fmt.Errorf("read the audit records from %d: %w", from, err)}
		}
		for _, doc := range page.Documents {
			f, err := Find(doc.Data)
			if err != nil {
				return span{err: err}
			}
			all = append(all, f)
		}
		if page.Next == "" {
			return span{records: all}
		}
		q.Cursor = page.Next
	}
}
