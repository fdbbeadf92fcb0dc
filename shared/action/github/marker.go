package github

import (
	"strings"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/action"
)

// Parts of schemas that several actions use. A body must not carry a marker:
// who could write ours would make an effect look done. Nor may it carry control
// characters, which GitHub may drop and so join what they kept apart.
const (
	bodySchema = `{"type":"string","minLength":1,"maxLength":65000,
		"not":{"pattern":"<!-- infinity:|[\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\x7f-\u009f]"}}`
	noArgs = `{"type":"object","additionalProperties":false}`
)

const (
	opening = "<!-- infinity:"
	closing = " -->"
)

// marker is the hidden text by which a probe finds an effect again.
func marker(r action.Request) string { return opening + r.Key + closing }

// marked appends the marker to a body; GitHub shows no HTML comment.
func marked(r action.Request, body string) string {
	if body == "" {
		return marker(r)
	}
	return body + "\n\n" + marker(r)
}

// markedBy returns the key of the last marker in body, "" if there is none.
// Apply writes its marker last, so what was written before counts for nothing.
func markedBy(body string) string {
	at := strings.LastIndex(body, opening)
	if at < 0 {
		return ""
	}
	key, _, closed := strings.Cut(body[at+len(opening):], closing)
	if !closed {
		return ""
	}
	return key
}

// ours reports whether body was written for r by our App. Anybody can copy a
// marker, so the author counts.
func ours(r action.Request, bot, author, body string) bool {
	return author == bot && r.Key != "" && markedBy(body) == r.Key
}

// skew is how far GitHub's clock may be behind ours when a probe looks back.
const skew = 5 * time.Minute
