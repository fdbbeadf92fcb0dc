package secret

import (
	"regexp"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
)

// MaxBytes is Secret Manager's limit of one version.
const MaxBytes = 64 << 10

var names = regexp.MustCompile(`^[A-Za-z0-9_-]{1,255}$`)

// Check refuses a name that Secret Manager would not take, and a value that is
// empty (it would validate anything) or too large. Drivers call it first.
func Check(name string, value Value) error {
	switch {
	case !names.MatchString(name):
		return fault.New(fault.Invalid, "the secret's name %q is not valid: 1 to 255 letters, digits, - and _", name)
	case len(value) == 0:
		return fault.New(fault.Invalid, "the secret %q is empty; give it a value", name)
	case len(value) > MaxBytes:
		return fault.New(fault.TooLarge, "the secret %q is over %d bytes", name, MaxBytes)
	}
	return nil
}
