// Package fault gives errors a kind, so that each layer can say what went
// wrong once: the public message goes to the user, the cause to the log, and
// shared/function maps the kind to an HTTP status in one place. It does not
// log and knows nothing of HTTP.
package fault

import (
	"errors"
	"fmt"
	"time"
)

// Kind says what sort of thing went wrong, and so who can mend it.
type Kind string

// The kinds. What is not one of them is Internal.
const (
	Invalid         Kind = "invalid"         // the request is malformed: final, the caller must change it
	Unauthenticated Kind = "unauthenticated" // who is asking is not known
	Forbidden       Kind = "forbidden"       // who is asking may not
	NotFound        Kind = "not_found"       // there is no such thing
	Conflict        Kind = "conflict"        // somebody else was first, or the state does not allow it
	TooLarge        Kind = "too_large"       // over a documented limit of size
	Unsupported     Kind = "unsupported"     // media type or encoding that is not taken
	Exhausted       Kind = "exhausted"       // a rate or budget is used up: again after RetryAfter
	Unavailable     Kind = "unavailable"     // back-pressure or an outage: again later
	Internal        Kind = "internal"        // a defect of ours
)

// Error is an error with a kind and a sentence for the user.
type Error struct {
	Kind       Kind
	Message    string        // public: says what to do; never holds a secret or a payload
	RetryAfter time.Duration // for Exhausted and Unavailable; zero when unknown
	Err        error         // the cause, for the log only
}

// Error implements error.
func (e *Error) Error() string {
	if e.Err == nil {
		return e.Message
	}
	return e.Message + ": " + e.Err.Error()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// New returns an error of kind k whose public message is formatted from format.
func New(k Kind, format string, args ...any) *Error {
	return &Error{Kind: k, Message: fmt.Sprintf(format, args...)}
}

// Wrap returns an error of kind k with a public message and a private cause.
func Wrap(k Kind, err error, format string, args ...any) *Error {
	return &Error{Kind: k, Message: fmt.Sprintf(format, args...), Err: err}
}

// KindOf returns the kind of the first Error in err's chain, or Internal.
func KindOf(err error) Kind {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind
	}
	return Internal
}

// Is reports whether err has kind k.
func Is(err error, k Kind) bool { return err != nil && KindOf(err) == k }

// Public returns the sentence for the user and how long to wait before trying
// again. An error without a kind gives a fixed text, so that no cause leaks.
func Public(err error) (message string, retryAfter time.Duration) {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Message, e.RetryAfter
	}
	return "internal error; the log has the cause under this trace id", 0
}

// Retriable reports whether the same request may succeed later unchanged.
func Retriable(err error) bool {
	switch KindOf(err) {
	case Exhausted, Unavailable, Internal:
		return true
	default:
		return false
	}
}
