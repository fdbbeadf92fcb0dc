// Package rule holds what every driver of the store refuses in the same words:
// keys, values and pages. It reads and writes nothing.
package rule

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
)

const (
	maxIDBytes  = 512
	defaultPage = 50
)

// Key refuses keys that no driver takes.
func Key(k store.Key) error {
	switch {
	case k.Collection == "" || strings.ContainsRune(k.Collection, 0) || strings.Count(k.Collection, "/")%2 != 0:
		return fault.New(fault.Invalid, "%q is no collection", k.Collection)
	case k.ID == "" || len(k.ID) > maxIDBytes || k.ID == "." || k.ID == ".." || strings.ContainsAny(k.ID, "/\x00"):
		return fault.New(fault.Invalid, "a document's id has 1 to %d bytes, no slash, and is not . or ..", maxIDBytes)
	}
	return nil
}

// Marshal encodes value, which must become a JSON object within the limit.
func Marshal(k store.Key, value any) ([]byte, error) {
	data, err := json.Marshal(value)
	if err != nil {
		return nil, fmt.Errorf("encode %s: %w", k, err)
	}
	if len(data) > store.MaxDocumentBytes {
		return nil, fault.Wrap(fault.TooLarge, store.ErrTooLarge, "%s has %d bytes; a document has at most %d", k, len(data), store.MaxDocumentBytes)
	}
	if len(data) == 0 || data[0] != '{' {
		return nil, fault.New(fault.Invalid, "%s is no JSON object", k)
	}
	return data, nil
}

// Limit returns how many documents a page of q has.
func Limit(q store.Query) int {
	if q.Limit == 0 {
		return defaultPage
	}
	return q.Limit
}

// Query refuses what not every driver answers: pages that are too large,
// comparisons that are not known, ranges on a field that does not order the
// query, and ids in descending order, which Firestore does not scan.
func Query(q store.Query) error {
	if q.Limit < 0 || q.Limit > store.MaxPage {
		return fault.New(fault.Invalid, "a page has 1 to %d documents", store.MaxPage)
	}
	if q.Desc && q.OrderBy == "" {
		return fault.New(fault.Invalid, "a descending order needs a field to order by")
	}
	for _, f := range q.Where {
		switch f.Op {
		case store.Eq:
		case store.Lt, store.Le, store.Gt, store.Ge:
			if f.Field != q.OrderBy {
				return fault.New(fault.Invalid, "a range on %s needs the order to be by %s", f.Field, f.Field)
			}
		default:
			return fault.New(fault.Invalid, "there is no comparison %q", f.Op)
		}
	}
	return nil
}
