package embedded

import (
	"strconv"

	"github.com/cockroachdb/pebble/v2"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/bus"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
)

// A group is bounded so that one batch stays well under the memtable.
const (
	groupMessages = 1024
	groupBytes    = 4 << 20
)

// request is a message to be made durable, and perhaps a change that must be
// durable with it: the acknowledgement of what became a dead letter.
type request struct {
	topic   *topic
	message bus.Message
	with    *pebble.Batch
	id      string
	done    chan error
}

// write gives the messages of all waiting publishers their numbers and makes
// them durable with one fsync. Being the only writer, it keeps a topic's
// numbers dense and its log in order; while the disk works, the next group
// gathers. It ends when requests is closed.
func (b *Bus) write() {
	defer close(b.written)
	var group []*request
	for first := range b.requests {
		group = b.gather(append(group[:0], first))
		err := b.commitGroup(group)
		for i, r := range group {
			r.done <- err
			group[i] = nil
		}
	}
}

func (b *Bus) gather(group []*request) []*request {
	size := len(group[0].message.Data)
	for len(group) < groupMessages && size < groupBytes {
		select {
		case r, open := <-b.requests:
			if !open {
				return group
			}
			group = append(group, r)
			size += len(r.message.Data)
		default:
			return group
		}
	}
	return group
}

func (b *Bus) commitGroup(group []*request) error {
	batch := b.db.NewBatch()
	defer func() { _ = batch.Close() }()
	heads := make(map[*topic]uint64, 1)
	now := b.deps.Clock.Now()
	for _, r := range group {
		seq, ok := heads[r.topic]
		if !ok {
			seq = r.topic.head.Load()
		}
		seq++
		heads[r.topic] = seq
		r.message.PublishedAt, r.id = now, strconv.FormatUint(seq, 10)
		b.encoded = appendMessage(b.encoded[:0], r.message)
		if err := batch.Set(numberKey(r.topic.list, seq), b.encoded, nil); err != nil {
			return err
		}
		if r.with != nil {
			if err := batch.Apply(r.with, nil); err != nil {
				return err
			}
		}
	}
	if err := b.db.Commit(batch); err != nil {
		return err
	}
	for t, head := range heads {
		t.head.Store(head) // only now may it be delivered
		t.notify()
	}
	return nil
}

// submit hands r to the writer and waits until it is on disk.
func (b *Bus) submit(r *request) error {
	r.done = make(chan error, 1)
	b.open.RLock()
	if b.closing {
		b.open.RUnlock()
		return fault.New(fault.Unavailable, "the bus is closed; send again")
	}
	b.requests <- r
	b.open.RUnlock()
	return <-r.done
}
