package policy

import (
	"encoding/json"
	"fmt"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/action"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/autonomy"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/policy/internal/webhook"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/rate"
)

type object = map[string]any

const namePattern = `^[a-z0-9]+(-[a-z0-9]+)*$`

// Schema returns the JSON Schema (2020-12) of a policy file, for editors: the
// events, the actions of c and the arguments of each.
func Schema(c Catalog) ([]byte, error) {
	types, err := webhook.Load()
	if err != nil {
		return nil, err //nolint:wrapcheck // says what was done
	}
	specs := c.Specs()
	names := make([]any, len(specs))
	cases := make([]any, 0, len(specs))
	for i, s := range specs {
		names[i] = s.Name
		args, err := templated(s)
		if err != nil {
			return nil, err
		}
		then := object{"properties": object{"with": args}}
		if required, ok := args["required"].([]any); ok && len(required) > 0 {
			then["required"] = []any{"with"}
		}
		cases = append(cases, object{"if": object{"properties": object{"action": object{"const": s.Name}}}, "then": then})
	}
	step := object{
		"type": []any{"string", "object"}, "description": "An action: its name, or its name and arguments.",
		"if": object{"type": "string"}, "then": object{"enum": names},
		"else": object{
			"required": []any{"action"}, "additionalProperties": false,
			"properties": object{"action": object{"enum": names}, "with": object{"type": "object"}}, "allOf": cases,
		},
	}
	do := object{
		"description": "What is done: one action, or a list of them, done in order and undone in reverse when one fails.",
		"type":        []any{"string", "object", "array"}, "if": object{"type": "array"},
		"then": object{"items": object{"$ref": "#/$defs/step"}, "minItems": 1, "maxItems": maxSteps},
		"else": object{"$ref": "#/$defs/step"},
	}
	doc := object{
		"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Policies of Infinity-Matrix",
		"type": "object", "required": []any{"policies"}, "additionalProperties": false,
		"properties": object{"policies": object{"type": "array", "items": policySchema(types.Types(), do)}},
		"$defs":      object{"step": step},
	}
	return json.MarshalIndent(doc, "", "  ")
}

func policySchema(types []string, do object) object {
	times := object{"type": "string", "pattern": rate.Pattern, "description": rate.Describe}
	event := object{"type": "string", "anyOf": []any{object{"enum": types}, object{"pattern": `\*$`}}}
	return object{
		"type": "object", "required": []any{"name", "on", "do", "capability", "autonomy"}, "additionalProperties": false,
		"properties": object{
			"name":        object{"type": "string", "pattern": namePattern, "maxLength": 64},
			"description": object{"type": "string"},
			"on": object{
				"type": []any{"string", "array"}, "if": object{"type": "string"}, "then": event,
				"else": object{"items": event, "minItems": 1, "uniqueItems": true},
			},
			"when":       object{"type": "string", "description": "CEL over event and meta; without it the policy always matches."},
			"do":         do,
			"capability": object{"enum": autonomy.Capabilities, "description": "What the policy works for; .infinity/autonomy.yaml says how far it is trusted with it."},
			"autonomy":   object{"enum": []any{autonomy.L1, autonomy.L2, autonomy.L3, autonomy.L4, autonomy.L5}},
			"own_events": object{
				"type": "boolean", "default": false,
				"description": "Answer also what the platform itself caused, at most three times in a row. Without it such events are only recorded.",
			},
			"limits": object{
				"type": "object", "additionalProperties": false,
				"properties": object{"per_resource": times, "total": times},
			},
		},
	}
}

// templated returns the schema of s's arguments where each may also be text
// with ${ }, whose value is checked once it is known.
func templated(s action.Spec) (object, error) {
	args := object{"type": "object"}
	if len(s.Args) == 0 {
		return args, nil
	}
	if err := json.Unmarshal(s.Args, &args); err != nil {
		return nil, fmt.Errorf("read the argument schema of %s: %w", s.Name, err)
	}
	delete(args, "$schema")
	if properties, ok := args["properties"].(object); ok {
		for name, p := range properties {
			properties[name] = orTemplate(p)
		}
	}
	return args, nil
}

func orTemplate(p any) any {
	if o, ok := p.(object); ok && o["items"] != nil {
		o["items"] = orTemplate(o["items"])
	}
	return object{"anyOf": []any{p, object{"type": "string", "pattern": `\$\{`}}}
}
