package policy

import "github.com/InfinityXOneSystems/infinity-matrix/shared/document"

// Finding is one mistake in a policy file.
type Finding = document.Finding

// Findings are all mistakes of a set of files, in the order of their places.
type Findings = document.Findings //nolint:errname // its users speak of findings
