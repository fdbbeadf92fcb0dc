// Genopenapi trims GitHub's own OpenAPI description to the operations that the
// fake GitHub serves, as an OpenAPI 3.1 document whose schemas are plain JSON
// Schema. Its output is embedded by emulators/github/openapi.
//
//	go run ./scripts/genopenapi -in api.github.com.json -out emulators/github/openapi/api.json.gz
package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
)

func main() {
	in := flag.String("in", "", "generated/api.github.com.json of npm @octokit/openapi 23.0.2")
	out := flag.String("out", "", "the file to write, gzipped JSON")
	flag.Parse()
	if err := run(*in, *out); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(in, out string) error {
	if in == "" || out == "" {
		return errors.New("name the description with -in and the file to write with -out")
	}
	raw, err := os.ReadFile(in) //nolint:gosec // the developer names the file
	if err != nil {
		return fmt.Errorf("read the description: %w", err)
	}
	var whole object
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	if err := dec.Decode(&whole); err != nil {
		return fmt.Errorf("parse the description: %w", err)
	}
	small, err := trim(whole, operations)
	if err != nil {
		return err
	}
	return write(out, small)
}

// write is deterministic: map keys are sorted, the gzip header has no time.
func write(path string, doc object) error {
	raw, err := json.Marshal(doc)
	if err != nil {
		return fmt.Errorf("encode the description: %w", err)
	}
	var packed bytes.Buffer
	zw, err := gzip.NewWriterLevel(&packed, gzip.BestCompression)
	if err != nil {
		return fmt.Errorf("compress the description: %w", err)
	}
	if _, err := zw.Write(raw); err != nil {
		return fmt.Errorf("compress the description: %w", err)
	}
	if err := zw.Close(); err != nil {
		return fmt.Errorf("compress the description: %w", err)
	}
	if err := os.WriteFile(path, packed.Bytes(), 0o644); err != nil { //nolint:gosec // a source file, for all to read
		return fmt.Errorf("write the description: %w", err)
	}
	return nil
}
