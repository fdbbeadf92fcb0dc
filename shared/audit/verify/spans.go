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

// Records implements Source.
func (d Direct) Records(ctx context.Context, each func(Found) error) error {
	st, err := transparency.Read(ctx, d.Store)
	if err != nil {
		return err
	}
	return InSpans(ctx, st.Next, d.span, each)
}

// InSpans is a Source's Records made of reading spans of leaves: as many as
// there are processors are read and hashed at once, and passed on in order. read
// returns the records whose index is from from up to, without, to; 0 is no end.
// next is the index of the next record that is sealed. No read is under way when
// it returns.
func InSpans(ctx context.Context, next int64, read func(ctx context.Context, from, to int64) ([]Found, error), each func(Found) error) error {
	ctx, cancel := context.WithCancel(ctx)
	var readers sync.WaitGroup
	defer readers.Wait() // who called may close the store
	defer cancel()
	spans := make(chan chan span, runtime.GOMAXPROCS(0)) // in order, some ahead
	readers.Go(func() {
		defer close(spans)
		// The first is of the unsealed, the last of what claims a place after the log's end.
		for from := int64(audit.Unsealed); from <= next; from += spanSize {
			to := from + spanSize
			if to > next {
				to = 0
			}
			out := make(chan span, 1)
			select {
			case spans <- out:
			case <-ctx.Done():
				return
			}
			readers.Go(func() {
				found, err := read(ctx, from, to)
				out <- span{found, err}
			})
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

func (d Direct) span(ctx context.Context, from, to int64) ([]Found, error) {
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
			return nil, fmt.Errorf("read the audit records from %d: %w", from, err)
		}
		for _, doc := range page.Documents {
			f, err := Find(doc.Data)
			if err != nil {
				return nil, err
			}
			all = append(all, f)
		}
		if page.Next == "" {
			return all, nil
		}
		q.Cursor = page.Next
	}
}
