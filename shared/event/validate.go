package event

import (
	"errors"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
)

// maxAttribute bounds one attribute: Pub/Sub takes 1,024 bytes a value.
const maxAttribute = 1024

// Validate checks what CloudEvents 1.0.2 requires and what the bus can carry,
// and joins all mistakes. The error has kind fault.Invalid.
func (e *Event) Validate() error {
	var mistakes []error
	if e.ID == "" {
		mistakes = append(mistakes, errors.New("id is missing"))
	}
	if e.Type == "" {
		mistakes = append(mistakes, errors.New("type is missing"))
	}
	if _, err := url.Parse(e.Source); e.Source == "" || err != nil {
		mistakes = append(mistakes, errors.New("source is missing or no URI reference"))
	}
	if e.Hop < 0 {
		mistakes = append(mistakes, errors.New("hop is negative"))
	}
	if len(e.Data) > 0 && e.DataRef != "" {
		mistakes = append(mistakes, errors.New("data and dataref are both given"))
	}
	for _, a := range attrs {
		if v := a.get(e); len(v) > maxAttribute || !printable(v) {
			mistakes = append(mistakes, errors.New(a.name+" is over 1,024 bytes or not printable text"))
		}
	}
	if len(mistakes) == 0 {
		return nil
	}
	err := errors.Join(mistakes...) // names attributes and quotes none of them
	return fault.Wrap(fault.Invalid, err, "the event is not valid: %s", strings.ReplaceAll(err.Error(), "\n", "; "))
}

// printable reports whether v is a CloudEvents String: no controls, UTF-8.
func printable(v string) bool {
	for _, r := range v {
		if r < ' ' || r >= 0x7f && r <= 0x9f {
			return false
		}
	}
	return utf8.ValidString(v)
}
