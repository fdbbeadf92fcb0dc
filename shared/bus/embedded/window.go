package embedded

import (
	"encoding/binary"
	"math/bits"
)

// pageBits is how many sequence numbers a page tells of: a stored page is 64
// bytes, so that acknowledging out of order costs a bit, not a record.
const pageBits = 512

type page [pageBits / 64]uint64

// window is what a subscription has acknowledged: everything up to the floor,
// and above it the bits that are set.
type window struct {
	floor uint64
	pages map[uint64]*page // by sequence number / pageBits
	above int              // set bits above the floor
	dirty map[uint64]bool  // pages to be written
}

func newWindow(floor uint64) *window {
	return &window{floor: floor, pages: map[uint64]*page{}, dirty: map[uint64]bool{}}
}

// has reports whether seq is acknowledged.
func (w *window) has(seq uint64) bool {
	if seq <= w.floor {
		return true
	}
	p := w.pages[seq/pageBits]
	return p != nil && p[seq%pageBits/64]&(1<<(seq%64)) != 0
}

// add acknowledges seq; advance must follow before the window is read.
func (w *window) add(seq uint64) {
	if w.has(seq) {
		return
	}
	p := w.pages[seq/pageBits]
	if p == nil {
		p = &page{}
		w.pages[seq/pageBits] = p
	}
	p[seq%pageBits/64] |= 1 << (seq % 64)
	w.above++
	w.dirty[seq/pageBits] = true
}

// advance moves the floor over what is acknowledged and returns the pages that
// are no longer needed.
func (w *window) advance() (passed []uint64) {
	for w.above > 0 && w.has(w.floor+1) {
		w.floor++
		w.above--
		if w.floor%pageBits == pageBits-1 {
			passed = append(passed, w.floor/pageBits)
			delete(w.pages, w.floor/pageBits)
			delete(w.dirty, w.floor/pageBits)
		}
	}
	return passed
}

// encode and decodePage convert a page to and from its stored form.
func (p *page) encode() []byte {
	b := make([]byte, 0, pageBits/8)
	for _, word := range p {
		b = binary.BigEndian.AppendUint64(b, word)
	}
	return b
}

// load takes a stored page; bits up to the floor do not count.
func (w *window) load(n uint64, stored []byte) bool {
	if len(stored) != pageBits/8 {
		return false
	}
	p := &page{}
	for i := range p {
		word := binary.BigEndian.Uint64(stored[i*8:])
		first := n*pageBits + uint64(i)*64
		switch {
		case first+63 <= w.floor:
			word = 0
		case first <= w.floor:
			word &= ^uint64(0) << (w.floor - first + 1)
		}
		p[i] = word
		w.above += bits.OnesCount64(word)
	}
	w.pages[n] = p
	return true
}
