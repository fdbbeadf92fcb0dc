package docstore

import (
	"encoding/binary"
	"fmt"
	"strings"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store/internal/order"
)

// docPrefix is where the collection's documents begin.
func docPrefix(collection string) []byte {
	return append(append([]byte{'d'}, collection...), 0)
}

func docKey(k store.Key) []byte { return append(docPrefix(k.Collection), k.ID...) }

// indexPrefix is where an index's entries begin.
func indexPrefix(i store.Index) []byte {
	p := append(append([]byte{'i'}, i.Collection...), 0)
	return append(append(p, strings.Join(i.Fields, ",")...), 0)
}

// entry returns the key of a document's entry in an index; false if the
// document lacks a field and so is not in it.
func entry(i store.Index, id string, data []byte) ([]byte, bool) {
	key := indexPrefix(i)
	var ok bool
	for _, f := range i.Fields {
		if key, ok = order.Field(key, data, f); !ok {
			return nil, false
		}
	}
	return append(key, id...), true
}

// after returns the first key behind all keys that begin with prefix.
func after(prefix []byte) []byte {
	end := append([]byte(nil), prefix...)
	for i := len(end) - 1; i >= 0; i-- {
		if end[i] < 255 {
			end[i]++
			return end[:i+1]
		}
	}
	return nil
}

func encode(version uint64, data []byte) []byte {
	return append(binary.BigEndian.AppendUint64(make([]byte, 0, 8+len(data)), version), data...)
}

// decode copies value, which may be valid for a moment only.
func decode(k store.Key, value []byte) (store.Document, error) {
	if len(value) < 8 {
		return store.Document{}, fmt.Errorf("read %s: the stored value is cut short", k)
	}
	data := append([]byte(nil), value[8:]...)
	return store.Document{Key: k, Version: binary.BigEndian.Uint64(value), Data: data}, nil
}
