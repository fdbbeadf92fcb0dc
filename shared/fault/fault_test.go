package fault_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
)

func TestKinds(t *testing.T) {
	t.Parallel()
	for kind, retriable := range map[fault.Kind]bool{
		fault.Invalid: false, fault.Unauthenticated: false, fault.Forbidden: false, fault.NotFound: false, fault.Conflict: false,
		fault.TooLarge: false, fault.Unsupported: false, fault.Exhausted: true, fault.Unavailable: true, fault.Internal: true,
	} {
		err := fmt.Errorf("read x: %w", fault.New(kind, "say %d", 1))
		if fault.KindOf(err) != kind || !fault.Is(err, kind) || fault.Retriable(err) != retriable {
			t.Errorf("%s: kind %s, retriable %t", kind, fault.KindOf(err), fault.Retriable(err))
		}
		if kind != fault.Internal && fault.Is(err, fault.Internal) {
			t.Errorf("%s is internal too", kind)
		}
		if message, _ := fault.Public(err); message != "say 1" {
			t.Errorf("the public message is %q", message)
		}
	}
}

func TestErrorWithoutKind(t *testing.T) {
	t.Parallel()
	err := errors.New("password=hunter2")
	if !fault.Is(err, fault.Internal) || !fault.Retriable(err) || fault.Is(nil, fault.Internal) {
		t.Error("an error without a kind is internal; nil is no error")
	}
	if message, wait := fault.Public(err); strings.Contains(message, "hunter2") || wait != 0 {
		t.Errorf("the cause leaks: %q, %s", message, wait)
	}
}

func TestCauseIsForTheLogOnly(t *testing.T) {
	t.Parallel()
	cause := errors.New("token abc")
	err := fault.Wrap(fault.Unavailable, cause, "try again")
	err.RetryAfter = time.Minute
	message, wait := fault.Public(fmt.Errorf("outer: %w", err))
	if message != "try again" || wait != time.Minute {
		t.Errorf("public: %q, %s", message, wait)
	}
	if !errors.Is(err, cause) || err.Error() != "try again: token abc" {
		t.Errorf("the cause is lost: %q", err)
	}
	inner := fault.New(fault.NotFound, "gone")
	if outer := fault.Wrap(fault.Invalid, inner, "bad"); fault.KindOf(outer) != fault.Invalid {
		t.Error("the outermost kind does not win")
	}
}
