package approval

import (
	"fmt"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/document"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/document/suggest"
)

// words are what people call the parts of approvals.yaml.
var words = document.Words{
	Called: called,
	Unknown: func(path []string, name string) (message, hint string) {
		return fmt.Sprintf("%s has no %q", called(path), name), suggest.Closest(name, members(path))
	},
	Value: func(path []string, mistake jsonschema.ErrorKind) (message, hint string) {
		return document.Mistake(called(path), mistake)
	},
}

func called(path []string) string {
	if len(path) == 0 {
		return "the file"
	}
	return strings.Join(path, ".")
}

// members are the names that the object at path may have.
func members(path []string) []string {
	switch {
	case len(path) == 0:
		return []string{"people", "teams", "rules"}
	case path[0] == "people":
		return []string{"github", "keys", "emails"}
	case path[0] == "rules":
		return []string{"policies", "capabilities", "repositories", "by", "count", "tell"}
	}
	return nil
}
