package policy

import "github.com/InfinityXOneSystems/infinity-matrix/shared/document"

// Finding and Findings are the mistakes in policy files.
type (
	Finding  = document.Finding
	Findings = document.Findings
)
