package store_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
)

func eq(fields ...string) []store.Filter {
	var where []store.Filter
	for _, f := range fields {
		where = append(where, store.Filter{Field: f, Op: store.Eq, Value: "x"})
	}
	return where
}

func TestSchemaServes(t *testing.T) {
	t.Parallel()
	schema := store.Schema{
		{Collection: "runs", Fields: []string{"policy", "resource", "started_at"}},
		{Collection: "runs", Fields: []string{"name"}},
	}
	for name, c := range map[string]struct {
		q    store.Query
		want string // fields; or what to add
		ok   bool
	}{
		"by id":              {store.Query{}, "", true},
		"equal and order":    {store.Query{Where: eq("policy", "resource"), OrderBy: "started_at"}, "policy,resource,started_at", true},
		"in any order":       {store.Query{Where: eq("resource", "policy"), OrderBy: "started_at"}, "policy,resource,started_at", true},
		"equal only":         {store.Query{Where: eq("name")}, "name", true},
		"equal on the order": {store.Query{Where: eq("name"), OrderBy: "name"}, "name", true},
		"part of an index":   {store.Query{Where: eq("policy"), OrderBy: "started_at"}, "fields: [policy, started_at]", false},
		"other collection":   {store.Query{Collection: "jobs", Where: eq("name")}, "collection: jobs, fields: [name]", false},
		"order not indexed":  {store.Query{OrderBy: "policy"}, "fields: [policy]", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if c.q.Collection == "" {
				c.q.Collection = "runs"
			}
			index, err := schema.Serve(c.q)
			if c.ok && (err != nil || strings.Join(index.Fields, ",") != c.want) {
				t.Errorf("served by %v, %v; want %q", index.Fields, err, c.want)
			}
			if !c.ok && (!errors.Is(err, store.ErrNoIndex) || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("got %v, want ErrNoIndex that says %q", err, c.want)
			}
		})
	}
}

// TestDefaultSchema: the list can be read, and names no index twice.
func TestDefaultSchema(t *testing.T) {
	t.Parallel()
	schema, err := store.DefaultSchema()
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, i := range schema {
		key := i.Collection + " " + strings.Join(i.Fields, ",")
		if i.Collection == "" || len(i.Fields) == 0 || slices.Contains(i.Fields, "") || seen[key] {
			t.Errorf("index %q is empty or twice in the list", key)
		}
		seen[key] = true
	}
	for _, q := range []store.Query{
		{Collection: "executions", Where: eq("policy", "resource"), OrderBy: "started_at"},
		{Collection: "executions", Where: eq("state"), OrderBy: "updated_at"},
		{Collection: "deliveries", Where: eq("type"), OrderBy: "received_at", Desc: true},
		{Collection: "decisions", Where: eq("event_id"), OrderBy: "decided_at"},
		{Collection: "audit", Where: eq("subject"), OrderBy: "recorded_at"},
	} {
		if _, err := schema.Serve(q); err != nil {
			t.Error(err)
		}
	}
}
