package firestore

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"

	"cloud.google.com/go/firestore"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store/internal/order"
)

// listInList is the key of the map that stands for a list inside a list.
const listInList = "[]"

// fields turns a JSON object into what Firestore keeps.
func fields(data []byte) (map[string]any, error) {
	value, err := decode(data)
	if err != nil {
		return nil, err
	}
	object, ok := value.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("a document is an object, not a %T", value)
	}
	for name, v := range object {
		s, ok := v.(string)
		if !ok || !order.IsTime(name) {
			continue
		}
		if t, err := time.Parse(time.RFC3339Nano, s); err == nil {
			object[name] = t.Truncate(time.Microsecond)
		}
	}
	return object, nil
}

// decode reads JSON with whole numbers as int64, others as float64.
func decode(data []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	var value any
	if err := d.Decode(&value); err != nil {
		return nil, fmt.Errorf("decode a value: %w", err)
	}
	return native(value)
}

func native(value any) (_ any, err error) {
	switch v := value.(type) {
	case json.Number:
		if n, err := v.Int64(); err == nil {
			return n, nil
		}
		return v.Float64()
	case map[string]any:
		for name, inner := range v {
			if v[name], err = native(inner); err != nil {
				return nil, err
			}
		}
	case []any:
		for i, inner := range v {
			if v[i], err = native(inner); err != nil {
				return nil, err
			}
			if list, ok := v[i].([]any); ok {
				v[i] = map[string]any{listInList: list}
			}
		}
	}
	return value, nil
}

// plain undoes what native did to lists inside lists.
func plain(value any) any {
	switch v := value.(type) {
	case map[string]any:
		for name, inner := range v {
			v[name] = plain(inner)
		}
	case []any:
		for i, inner := range v {
			v[i] = plain(inner)
			if m, ok := v[i].(map[string]any); ok && len(m) == 1 {
				if list, ok := m[listInList].([]any); ok {
					v[i] = list
				}
			}
		}
	}
	return value
}

// document turns what Firestore answered into a document. Its version is the
// time of the write, in microseconds.
func document(collection string, snap *firestore.DocumentSnapshot) (store.Document, error) {
	k := store.Key{Collection: collection, ID: snap.Ref.ID}
	data, err := json.Marshal(plain(snap.Data()))
	if err != nil {
		return store.Document{}, fmt.Errorf("decode %s: %w", k, err)
	}
	return store.Document{Key: k, Version: uint64(snap.UpdateTime.UnixMicro()), Data: data, ReadAt: snap.ReadTime.UTC().Truncate(time.Microsecond)}, nil
}
