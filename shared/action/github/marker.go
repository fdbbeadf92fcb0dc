package github

import (
	"strings"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/action"
)

// Parts of schemas that several actions use. A body must not carry a marker:
// who could write ours would make an effect look done.
const (
	bodySchema = `{"type":"string","minLength":1,"maxLength":65000,"not":{"pattern":"<!-- infinity:"}}`
	noArgs     = `{"type":"object","additionalProperties":false}`
)

// marker is the hidden text by which a probe finds an effect again.
func marker(r action.Request) string { return "<!-- infinity:" + r.Key + " -->" }

// marked appends the marker to a body; GitHub shows no HTML comment.
func marked(r action.Request, body string) string {
	if body == "" {
		return marker(r)
	}
	return body + "\n\n" + marker(r)
}

// ours reports whether body was written for r by our App. Anybody can copy a
// marker, so the author counts.
func ours(r action.Request, bot, author, body string) bool {
	return author == bot && strings.Contains(body, marker(r))
}

// skew is how far GitHub's clock may be behind ours when a probe looks back.
const skew = 5 * time.Minute
