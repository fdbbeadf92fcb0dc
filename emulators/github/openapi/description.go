// Package openapi checks the fake GitHub, and what clients send to it, against
// GitHub's own OpenAPI description. It serves tests only; it does not route and
// does not repair what is wrong.
//
// api.json.gz is trimmed by scripts/genopenapi from npm @octokit/openapi 23.0.2
// (MIT; LICENSE beside this file), itself GitHub's rest-api-description.
package openapi

import (
	"bytes"
	"compress/gzip"
	_ "embed"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

//go:embed api.json.gz
var archive []byte

type object = map[string]any

// operation is one method of one path.
type operation struct {
	id       string
	method   string
	segments []string // of the path, parameters as "{name}"
	deep     bool     // the last parameter may hold slashes
	path     []parameter
	query    []parameter
	body     *jsonschema.Schema            // nil if the operation takes none
	raw      any                           // of body, to find fields that it does not name
	must     bool                          // body is required
	answers  map[string]*jsonschema.Schema // by status; nil is no body
}

// parameter is one of the path or the query.
type parameter struct {
	name   string
	schema *jsonschema.Schema
	must   bool
}

// description is the compiled document.
type description struct {
	operations []operation
	schemas    object             // by name, for $ref
	refusal    *jsonschema.Schema // of the errors that any operation may answer
}

// load reads and compiles the embedded description, once.
var load = sync.OnceValues(func() (*description, error) {
	zr, err := gzip.NewReader(bytes.NewReader(archive))
	if err != nil {
		return nil, fmt.Errorf("open the description: %w", err)
	}
	doc, err := jsonschema.UnmarshalJSON(zr)
	if err != nil {
		return nil, fmt.Errorf("read the description: %w", err)
	}
	c := &compiler{Compiler: jsonschema.NewCompiler()}
	c.AssertFormat()
	if err := c.AddResource(resource, doc); err != nil {
		return nil, fmt.Errorf("read the description: %w", err)
	}
	root, _ := doc.(object)
	paths, _ := root["paths"].(object)
	components, _ := root["components"].(object)
	d := &description{refusal: c.at("components", "schemas", "basic-error")}
	d.schemas, _ = components["schemas"].(object)
	for _, path := range slices.Sorted(maps.Keys(paths)) {
		item, _ := paths[path].(object)
		for _, method := range slices.Sorted(maps.Keys(item)) {
			op, _ := item[method].(object)
			d.operations = append(d.operations, c.operation(path, method, op))
		}
	}
	return d, c.err
})

const resource = "github.json"

// compiler compiles parts of the document and keeps the first error.
type compiler struct {
	*jsonschema.Compiler
	err error
}

// at compiles the schema at a place of the document.
func (c *compiler) at(place ...string) *jsonschema.Schema {
	pointer := resource + "#"
	for _, token := range place {
		token = strings.NewReplacer("~", "~0", "/", "~1").Replace(token)
		pointer += "/" + url.PathEscape(token)
	}
	s, err := c.Compile(pointer)
	if err != nil && c.err == nil {
		c.err = fmt.Errorf("compile the description: %w", err)
	}
	return s
}

func (c *compiler) operation(path, method string, op object) operation {
	out := operation{method: strings.ToUpper(method), segments: strings.Split(path, "/"), answers: map[string]*jsonschema.Schema{}}
	out.id, _ = op["operationId"].(string)
	params, _ := op["parameters"].([]any)
	for i, p := range params {
		param, _ := p.(object)
		name, _ := param["name"].(string)
		at := parameter{name, c.at("paths", path, method, "parameters", fmt.Sprint(i), "schema"), param["required"] == true}
		if param["in"] == "query" {
			out.query = append(out.query, at)
			continue
		}
		out.path = append(out.path, at)
		out.deep = out.deep || strings.HasSuffix(path, "{"+name+"}") && (name == "ref" || param["x-multi-segment"] == true)
	}
	const kind = "application/json"
	if body, ok := op["requestBody"].(object); ok {
		out.body = c.at("paths", path, method, "requestBody", "content", kind, "schema")
		content, _ := body["content"].(object)
		media, _ := content[kind].(object)
		out.raw, out.must = media["schema"], body["required"] == true
	}
	responses, _ := op["responses"].(object)
	for status, r := range responses {
		out.answers[status] = nil
		if answer, _ := r.(object); answer["content"] != nil {
			out.answers[status] = c.at("paths", path, method, "responses", status, "content", kind, "schema")
		}
	}
	return out
}
