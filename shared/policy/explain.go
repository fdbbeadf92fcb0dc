// Package policy reads .infinity/policies, compiles and indexes them, and matches
// them against events.
package policy

// Explanation says why a policy matched an event or did not: one node for each
// part of its condition, with the facts that the part read.
type Explanation struct {
	Policy  string `json:"policy"`
	File    string `json:"file"`
	Line    int    `json:"line"`
	Matched bool   `json:"matched"`
	Error   string `json:"error,omitempty"` // the condition could not be evaluated
	Root    Node   `json:"root"`
	Change  string `json:"change"` // what would change the answer, one sentence
}

// Node is one part of a condition.
type Node struct {
	Source   string         `json:"source"` // the part as it is written
	Value    string         `json:"value"`  // "true", "false", "not evaluated", "error: …"
	Facts    map[string]any `json:"facts,omitempty"`
	Children []Node         `json:"children,omitempty"`
}
