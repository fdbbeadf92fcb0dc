package github

// What only the fuzz tests look at from outside.
var (
	Marked   = marked
	MarkedBy = markedBy
)
