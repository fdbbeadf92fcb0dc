package embedded

import (
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/bus"
)

// codecVersion is the first byte of every stored message.
const codecVersion = 1

var errCorrupt = errors.New("the stored message is damaged")

// appendMessage appends m to dst: the version, the time in nanoseconds, then
// key, attributes sorted by name and data, each with its length before it.
func appendMessage(dst []byte, m bus.Message) []byte {
	dst = append(dst, codecVersion)
	dst = binary.BigEndian.AppendUint64(dst, uint64(m.PublishedAt.UnixNano()))
	dst = appendString(dst, m.OrderingKey)
	dst = binary.AppendUvarint(dst, uint64(len(m.Attributes)))
	for _, k := range slices.Sorted(maps.Keys(m.Attributes)) {
		dst = appendString(appendString(dst, k), m.Attributes[k])
	}
	return append(dst, m.Data...)
}

func appendString(dst []byte, s string) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(s))), s...)
}

// readMessage reads what appendMessage wrote. It copies: src may be reused.
func readMessage(src []byte) (bus.Message, error) {
	if len(src) < 9 {
		return bus.Message{}, errCorrupt
	}
	if src[0] != codecVersion {
		return bus.Message{}, fmt.Errorf("%w: version %d", errCorrupt, src[0])
	}
	r := reader{rest: src[9:]}
	m := bus.Message{PublishedAt: time.Unix(0, int64(binary.BigEndian.Uint64(src[1:9]))).UTC(), OrderingKey: r.text()}
	n := r.number()
	if n > uint64(len(r.rest)) { // each takes two bytes at least
		return bus.Message{}, errCorrupt
	}
	if n > 0 {
		m.Attributes = make(map[string]string, n)
	}
	for range n {
		k := r.text()
		m.Attributes[k] = r.text()
	}
	if r.bad {
		return bus.Message{}, errCorrupt
	}
	m.Data = slices.Clone(r.rest)
	return m, nil
}

// reader reads lengths and strings until one does not fit.
type reader struct {
	rest []byte
	bad  bool
}

func (r *reader) number() uint64 {
	n, size := binary.Uvarint(r.rest)
	if size <= 0 {
		r.bad, r.rest = true, nil
		return 0
	}
	r.rest = r.rest[size:]
	return n
}

func (r *reader) text() string {
	n := r.number()
	if n > uint64(len(r.rest)) {
		r.bad, r.rest = true, nil
		return ""
	}
	s := string(r.rest[:n])
	r.rest = r.rest[n:]
	return s
}
