package autonomy

import (
	"encoding/json"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/action"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/rate"
)

// Catalog lists the actions that there are; *action.Registry is one.
type Catalog interface{ Specs() []action.Spec }

type object = map[string]any

var levels = []string{L1, L2, L3, L4, L5}

// Schema returns the JSON Schema (2020-12) of autonomy.yaml, for editors.
func Schema(c Catalog) ([]byte, error) {
	capabilities := object{}
	for _, name := range Capabilities {
		capabilities[name] = object{"$ref": "#/$defs/capability"}
	}
	return json.MarshalIndent(object{
		"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Autonomy of Infinity-Matrix",
		"type": "object", "required": []any{"capabilities", "authors"}, "additionalProperties": false,
		"properties": object{
			"capabilities": object{"type": "object", "additionalProperties": false, "properties": capabilities},
			"authors":      authorSchema(true),
		},
		"$defs": object{"capability": capabilitySchema(c)},
	}, "", "  ")
}

func capabilitySchema(c Catalog) object {
	names := []string{}
	for _, s := range c.Specs() {
		names = append(names, s.Name)
	}
	return object{
		"type": "object", "required": []any{"level"}, "additionalProperties": false,
		"properties": object{
			"level": object{"enum": levels, "description": "L1 recorded, L2 told, L3 after approval, L4 if it can be undone, else after a veto window, L5 at once."},
			"actions": object{
				"type": "array", "uniqueItems": true, "description": "What is permitted; * stands for any characters. An empty list permits nothing.",
				"items": object{"type": "string", "anyOf": []any{object{"pattern": actionPattern}, object{"enum": names}}},
			},
			"repositories": object{
				"type": "array", "uniqueItems": true, "description": "Where, as owner/name; * stands for any characters. An empty list permits nothing.",
				"items": object{"type": "string", "pattern": repositoryPattern},
			},
			"limits":  limitsSchema(),
			"authors": authorSchema(false),
		},
	}
}

const (
	actionPattern     = `^[a-z0-9_.*]+$`
	repositoryPattern = `^[A-Za-z0-9*-]+/[A-Za-z0-9._*-]+$`
	sharePattern      = `^(100|[1-9][0-9]?)%$`
)

func limitsSchema() object {
	times := func(of string) object {
		return object{"type": "string", "pattern": rate.Pattern, "description": of + " " + rate.Describe}
	}
	return object{
		"type": "object", "additionalProperties": false, "description": "Hard: no approval lifts them.",
		"properties": object{
			"per_resource":     times("On one resource."),
			"per_policy":       times("By one policy."),
			"per_repository":   times("In one repository."),
			"per_installation": times("In one installation."),
			"removals":         times("Of actions that take something away, in one installation."),
			"share":            object{"type": "string", "pattern": sharePattern, "description": "Of the resources that one decision may touch, as 10%."},
		},
	}
}

func authorSchema(all bool) object {
	properties, required := object{}, []any{}
	for _, t := range Trusts {
		properties[string(t)] = object{"enum": levels}
		if all {
			required = append(required, t)
		}
	}
	return object{
		"type": "object", "required": required, "additionalProperties": false, "properties": properties,
		"description": "The highest level that an event leads to, by what its author is to the repository.",
	}
}
