package store

import (
	"context"
	"encoding/json"
	"fmt"
)

// Get reads the document at key into a T.
func Get[T any](ctx context.Context, r Reader, key Key) (T, error) {
	var value T
	doc, err := r.Get(ctx, key)
	if err != nil {
		return value, err
	}
	if err := json.Unmarshal(doc.Data, &value); err != nil {
		return value, fmt.Errorf("decode %s: %w", key, err)
	}
	return value, nil
}

// List runs q and decodes the page into Ts; next is the cursor of the page
// after, empty on the last.
func List[T any](ctx context.Context, r Reader, q Query) (values []T, next string, err error) {
	page, err := r.Query(ctx, q)
	if err != nil {
		return nil, "", err
	}
	values = make([]T, len(page.Documents))
	for i, doc := range page.Documents {
		if err := json.Unmarshal(doc.Data, &values[i]); err != nil {
			return nil, "", fmt.Errorf("decode %s: %w", doc.Key, err)
		}
	}
	return values, page.Next, nil
}
