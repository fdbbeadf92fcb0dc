package gateway

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/danielgtaylor/huma/v2"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/jsonscan"
)

// strictJSON reads bodies as shared/jsonscan does, so that a body has one
// meaning: encoding/json takes the last of two members of one name, and takes
// "Scope" and "ſcope" for "scope" behind the schema's back (abuse cases S5, S12).
var strictJSON = huma.Format{Marshal: huma.DefaultJSONFormat.Marshal, Unmarshal: unmarshal}

func unmarshal(data []byte, v any) error {
	var foreign error
	err := jsonscan.Scan(data, func(_, name, _ []byte) {
		if !lower(name) {
			foreign = errors.New("unknown member; names are in lower case")
		}
	})
	if err == nil {
		err = foreign
	}
	if err != nil {
		return fmt.Errorf("the body is not valid JSON: %w", err)
	}
	return json.Unmarshal(data, v)
}

// lower reports whether name is of a-z and _, as all names of the API are.
func lower(name []byte) bool {
	for _, c := range name {
		if c != '_' && (c < 'a' || c > 'z') {
			return false
		}
	}
	return true
}
