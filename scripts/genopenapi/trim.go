package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

type object = map[string]any

const schemas = "#/components/schemas/"

// trimmer collects the schemas that the kept operations need.
type trimmer struct {
	components object
	kept       object
	err        error
}

// trim returns the OpenAPI 3.1 document of the operations wanted.
func trim(whole object, wanted map[string][]string) (object, error) {
	all, _ := whole["paths"].(object)
	t := &trimmer{kept: object{}}
	t.components, _ = whole["components"].(object)
	paths := object{}
	for _, short := range slices.Sorted(maps.Keys(wanted)) {
		path := short
		if rest, ok := strings.CutPrefix(short, "~"); ok {
			path = base + rest
		}
		item := object{}
		from, _ := all[path].(object)
		for _, method := range wanted[short] {
			op, ok := from[method].(object)
			if !ok {
				return nil, fmt.Errorf("the description has no %s %s", method, path)
			}
			item[method] = t.operation(op)
		}
		paths[path] = item
	}
	for path, like := range alias {
		item, _ := paths[like].(object)
		get, _ := item["get"].(object)
		paths[path] = object{"get": object{"parameters": []any{}, "responses": get["responses"]}}
	}
	if err := correct(paths); err != nil {
		return nil, err
	}
	t.use(schemas + "installation") // of a correction
	t.use(schemas + "basic-error")  // of the errors that any operation may answer
	info, _ := whole["info"].(object)
	return object{
		"openapi": "3.1.0",
		"info": object{
			"title": info["title"], "version": info["version"], "license": info["license"],
			"description": "Trimmed from npm @octokit/openapi, itself from github.com/github/rest-api-description, by scripts/genopenapi.",
		},
		"paths": paths, "components": object{"schemas": t.kept},
	}, t.err
}

func (t *trimmer) operation(op object) object {
	out := object{"operationId": op["operationId"], "parameters": []any{}}
	params, _ := op["parameters"].([]any)
	kept := []any{}
	for _, p := range params {
		param := t.resolve(p)
		small := object{"name": param["name"], "in": param["in"], "schema": t.schema(param["schema"])}
		for _, k := range []string{"required", "style", "explode", "x-multi-segment"} {
			if v, ok := param[k]; ok {
				small[k] = v
			}
		}
		kept = append(kept, small)
	}
	out["parameters"] = kept
	if body := t.resolve(op["requestBody"]); body != nil {
		out["requestBody"] = object{"required": body["required"] == true, "content": t.content(body)}
	}
	responses := object{}
	all, _ := op["responses"].(object)
	for status, r := range all {
		response := object{}
		if content := t.content(t.resolve(r)); len(content) > 0 {
			response["content"] = content
		}
		responses[status] = response
	}
	out["responses"] = responses
	return out
}

// content keeps the JSON of a body, and of that the schema.
func (t *trimmer) content(body object) object {
	types, _ := body["content"].(object)
	media, ok := types["application/json"].(object)
	if !ok || media["schema"] == nil {
		return nil
	}
	return object{"application/json": object{"schema": t.schema(media["schema"])}}
}

// resolve follows a $ref to a parameter or response.
func (t *trimmer) resolve(v any) object {
	o, _ := v.(object)
	ref, ok := o["$ref"].(string)
	if !ok {
		return o
	}
	target, ok := t.lookup(ref)
	if !ok {
		t.err = fmt.Errorf("the description refers to %s, which it does not have", ref)
	}
	return target
}

func (t *trimmer) lookup(ref string) (object, bool) {
	kind, name, _ := strings.Cut(strings.TrimPrefix(ref, "#/components/"), "/")
	group, _ := t.components[kind].(object)
	target, ok := group[name].(object)
	return target, ok
}

// use keeps the schema that ref names, once.
func (t *trimmer) use(ref string) {
	name := strings.TrimPrefix(ref, schemas)
	if _, ok := t.kept[name]; ok {
		return
	}
	target := t.resolve(object{"$ref": ref})
	t.kept[name] = object{} // it may refer to itself
	t.kept[name] = t.schema(target)
}
