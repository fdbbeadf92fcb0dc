// Gentypes derives the catalogue of the fields of GitHub's webhook bodies that
// policies are type-checked against: from the JSON Schema of npm
// @octokit/webhooks-schemas, complemented by the recorded payloads, so that no
// recorded field is missing. Its output is embedded by shared/policy.
//
//	go run ./scripts/gentypes -schema schema.json -out shared/policy/internal/webhook/types.json.gz
package main

import (
	"compress/gzip"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"

	"github.com/InfinityXOneSystems/infinity-matrix/emulators/github/payloads"
)

func main() {
	schema := flag.String("schema", "", "schema.json of npm @octokit/webhooks-schemas 7.6.1")
	out := flag.String("out", "", "the file to write, gzipped JSON")
	flag.Parse()
	if err := run(*schema, *out); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(schemaFile, out string) error {
	if schemaFile == "" || out == "" {
		return errors.New("name the schema with -schema and the file to write with -out")
	}
	raw, err := os.ReadFile(schemaFile) //nolint:gosec // the developer names the file
	if err != nil {
		return fmt.Errorf("read the schema: %w", err)
	}
	var doc schema
	if err := json.Unmarshal(raw, &doc); err != nil {
		return fmt.Errorf("parse the schema: %w", err)
	}
	events := eventsOf(&doc)
	all, err := payloads.All()
	if err != nil {
		return fmt.Errorf("read the recorded payloads: %w", err)
	}
	for _, p := range all {
		name, _, _ := strings.Cut(p.Name(), "#")
		if p.Event == "repository_dispatch" { // its actions are the user's own
			name = p.Event
		}
		var body any
		if err := json.Unmarshal(p.Body, &body); err != nil {
			return fmt.Errorf("parse payload %s: %w", p.Name(), err)
		}
		events[name] = merge(events[name], seen(body))
	}
	return write(out, compact(events))
}

// eventsOf returns the shape of each "event.action" that the schema has.
func eventsOf(doc *schema) map[string]*shape {
	events := map[string]*shape{}
	r := resolver{doc: doc}
	for name, def := range doc.Definitions {
		event, action, ok := strings.Cut(name, "$")
		if !ok {
			continue
		}
		if action != "event" {
			event += "." + action
		}
		events[event] = r.shape(def, 0)
	}
	return events
}

func write(out string, c catalogue) error {
	f, err := os.Create(out) //nolint:gosec // the developer names the file
	if err != nil {
		return fmt.Errorf("create the catalogue: %w", err)
	}
	defer func() { _ = f.Close() }()
	zw, err := gzip.NewWriterLevel(f, gzip.BestCompression)
	if err != nil {
		return fmt.Errorf("compress the catalogue: %w", err)
	}
	if err := json.NewEncoder(zw).Encode(c); err != nil {
		return fmt.Errorf("write the catalogue: %w", err)
	}
	if err := zw.Close(); err != nil {
		return fmt.Errorf("write the catalogue: %w", err)
	}
	return f.Close()
}
