package verify

import (
	"context"
	"errors"
	"sync"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/audit/transparency"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/blob"
)

// aheadBy is how many bundles are read before they are walked over: from a
// gateway most of a bundle's time is waiting for it.
const aheadBy = 8

// ahead reads the log's bundles, and the tiles of their hashes, in order and
// some ahead.
type ahead struct {
	v       *verifier
	ctx     context.Context //nolint:containedctx // lives as long as one verification
	cancel  context.CancelFunc
	reading sync.WaitGroup
	next    int64 // number of the bundle to be asked for next
	asked   []chan read
}

// read is what was read of a bundle: both nil if they are gone.
type read struct {
	tile, bundle []byte
	err          error
}

func newAhead(ctx context.Context, v *verifier) *ahead {
	a := &ahead{v: v}
	a.ctx, a.cancel = context.WithCancel(ctx)
	return a
}

// close ends all reading, and returns when nothing is read any more.
func (a *ahead) close() {
	a.cancel()
	a.reading.Wait()
}

// take returns the next bundle.
func (a *ahead) take() read {
	for ; len(a.asked) < aheadBy && a.next*width < a.v.size; a.next++ {
		n, w, out := a.next, int(min(width, a.v.size-a.next*width)), make(chan read, 1)
		a.asked = append(a.asked, out)
		a.reading.Go(func() {
			var r read
			var err error
			r.tile, r.err = a.get(transparency.TileKey(0, n, w), transparency.TileKey(0, n, width))
			r.bundle, err = a.get(transparency.BundleKey(n, w), transparency.BundleKey(n, width))
			r.err = errors.Join(r.err, err)
			out <- r
		})
	}
	first := a.asked[0]
	a.asked = a.asked[1:]
	return <-first
}

// get returns nil for what is not there, and never nil for what is.
func (a *ahead) get(key, full string) ([]byte, error) {
	data, err := a.v.read(a.ctx, key, full)
	if errors.Is(err, blob.ErrNotFound) {
		return nil, nil
	}
	if data == nil {
		data = []byte{}
	}
	return data, err
}
