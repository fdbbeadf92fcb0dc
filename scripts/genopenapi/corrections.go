package main

import (
	"errors"
	"fmt"
)

// correct mends what the description says against what GitHub does and
// documents elsewhere. It fails when the description no longer has the place,
// so that a correction does not outlive its cause.
func correct(paths object) error {
	labels := base + "/issues/{issue_number}/labels"
	for _, method := range []string{"post", "put"} {
		// go-github, as Octokit before, sends the bare list of names, which the
		// description had until 2025 and GitHub takes still.
		alternatives, ok := at(paths, labels, method, "requestBody", "content", "application/json", "schema")["oneOf"].([]any)
		if !ok {
			return fmt.Errorf("correct the description: %s %s takes no alternatives", method, labels)
		}
		names := object{"type": "array", "items": object{"type": "string"}}
		at(paths, labels, method, "requestBody", "content", "application/json", "schema")["oneOf"] = append(alternatives, names)
	}
	// "created" takes the search syntax for dates (">=2026-01-02"), of which
	// the parameter's own format allows nothing but one time.
	for _, path := range []string{base + "/actions/runs", base + "/actions/workflows/{workflow_id}/runs"} {
		params, _ := at(paths, path, "get")["parameters"].([]any)
		mended := false
		for _, p := range params {
			param, _ := p.(object)
			if param["name"] == "created" {
				param["schema"] = object{"type": "string", "pattern": `^((>=|<=|>|<)?\d{4}-\d\d-\d\d(T[0-9:]+(Z|[+-]\d\d:\d\d))?|[0-9T:Z*-]+\.\.[0-9T:Z*-]+)$`}
				mended = true
			}
		}
		if !mended {
			return fmt.Errorf("correct the description: get %s has no parameter created", path)
		}
	}
	// The list of installations wants each account to be a user and an
	// enterprise at once; a single installation's may be either.
	list := at(paths, "/app/installations", "get", "responses", "200", "content", "application/json", "schema")
	if list == nil {
		return errors.New("correct the description: get /app/installations answers no list")
	}
	list["items"] = object{"$ref": schemas + "installation"}
	return nil
}

// at goes down from o by the keys; it is nil where there is nothing.
func at(o object, keys ...string) object {
	for _, k := range keys {
		o, _ = o[k].(object)
	}
	return o
}
