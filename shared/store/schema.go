package store

import (
	"bytes"
	_ "embed"
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
)

//go:embed indexes.yaml
var indexes []byte

// Index serves queries on Collection whose equality filters are on all but the
// last of Fields, in any order, and whose order is by the last; or whose
// equality filters are on all of Fields, ordered by id.
type Index struct {
	Collection string   `yaml:"collection"`
	Fields     []string `yaml:"fields"`
}

// Schema is the list of indexes. Queries that filter and order by nothing but
// the id need none.
type Schema []Index

// DefaultSchema returns the platform's indexes: indexes.yaml, from which
// Terraform makes Firestore's.
func DefaultSchema() (Schema, error) {
	var list struct {
		Indexes Schema `yaml:"indexes"`
	}
	decoder := yaml.NewDecoder(bytes.NewReader(indexes))
	decoder.KnownFields(true)
	if err := decoder.Decode(&list); err != nil {
		return nil, fmt.Errorf("read indexes.yaml: %w", err)
	}
	return list.Indexes, nil
}

// Of returns the indexes of a collection.
func (s Schema) Of(collection string) []Index {
	var of []Index
	for _, i := range s {
		if i.Collection == collection {
			of = append(of, i)
		}
	}
	return of
}

// Serve returns the index that serves q. ok is true with no fields for a query
// by id alone. The error wraps ErrNoIndex and names the index to add.
func (s Schema) Serve(q Query) (Index, error) {
	var equal []string
	for _, f := range q.Where {
		if f.Op == Eq && f.Field != q.OrderBy {
			equal = append(equal, f.Field)
		}
	}
	slices.Sort(equal)
	equal = slices.Compact(equal)
	if len(equal) == 0 && q.OrderBy == "" {
		return Index{Collection: q.Collection}, nil
	}
	for _, i := range s.Of(q.Collection) {
		if i.fits(equal, q.OrderBy) {
			return i, nil
		}
	}
	need := equal
	if q.OrderBy != "" {
		need = append(need, q.OrderBy)
	}
	return Index{}, fmt.Errorf("%w: add {collection: %s, fields: [%s]} to indexes.yaml", ErrNoIndex, q.Collection, strings.Join(need, ", "))
}

func (i Index) fits(equal []string, orderBy string) bool {
	prefix := i.Fields
	if orderBy != "" {
		if len(prefix) == 0 || prefix[len(prefix)-1] != orderBy {
			return false
		}
		prefix = prefix[:len(prefix)-1]
	}
	sorted := slices.Clone(prefix)
	slices.Sort(sorted)
	return slices.Equal(sorted, equal)
}
