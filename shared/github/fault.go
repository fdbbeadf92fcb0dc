package github

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	gh "github.com/google/go-github/v66/github"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
)

// Fault gives an error of a client's call its fault kind; doing says what was
// being done ("label o/r issue 1"). GitHub's own words go to the log only,
// since they may quote what a stranger wrote. It is the one place that maps.
func Fault(err error, doing string) error {
	if err == nil {
		return nil
	}
	if _, ok := errors.AsType[*fault.Error](err); ok {
		return fmt.Errorf("%s: %w", doing, err)
	}
	if e, ok := errors.AsType[*gh.RateLimitError](err); ok {
		return &fault.Error{Kind: fault.Exhausted, RetryAfter: time.Until(e.Rate.Reset.Time), Err: err, Message: "GitHub's rate limit is used up"}
	}
	if _, ok := errors.AsType[*gh.AbuseRateLimitError](err); ok { // the gate saw it first
		return &fault.Error{Kind: fault.Exhausted, RetryAfter: minute, Err: err, Message: "GitHub's secondary rate limit is reached"}
	}
	if e, ok := errors.AsType[*gh.ErrorResponse](err); ok {
		return byResponse(e, doing)
	}
	if unreachable(err) {
		return fault.Wrap(fault.Unavailable, err, "could not %s: GitHub gave no whole answer in time", doing)
	}
	return fmt.Errorf("%s: %w", doing, err)
}

// byResponse looks at what 422 means before it goes by the status: a
// precondition that failed, or arguments that GitHub will never take.
func byResponse(e *gh.ErrorResponse, doing string) error {
	if e.Response.StatusCode != http.StatusUnprocessableEntity {
		return byStatus(e.Response.StatusCode, e, doing)
	}
	exists := slices.ContainsFunc(e.Errors, func(x gh.Error) bool { return x.Code == "already_exists" })
	if exists || strings.Contains(strings.ToLower(e.Message), "expected head sha") {
		return fault.Wrap(fault.Conflict, e, "could not %s: it has changed at GitHub meanwhile", doing)
	}
	return fault.Wrap(fault.Invalid, e, "could not %s: GitHub does not take these arguments", doing)
}

// byStatus maps https://docs.github.com/rest/using-the-rest-api/troubleshooting-the-rest-api.
func byStatus(status int, err error, doing string) error {
	switch {
	case status == http.StatusUnauthorized:
		return fault.Wrap(fault.Unauthenticated, err, "could not %s: GitHub does not accept the App's key; check the App's id and private key", doing)
	case status == http.StatusForbidden, status == http.StatusUnavailableForLegalReasons:
		return fault.Wrap(fault.Forbidden, err, "could not %s: GitHub does not let the App; check its permissions and that its installation is not suspended", doing)
	case status == http.StatusNotFound, status == http.StatusGone:
		return fault.Wrap(fault.NotFound, err, "could not %s: it is gone, or the App may not see it", doing)
	case status >= 300 && status < 400:
		return fault.Wrap(fault.Conflict, err, "could not %s: the repository has moved; the event is out of date", doing)
	case status == http.StatusConflict, status == http.StatusMethodNotAllowed, status == http.StatusPreconditionFailed:
		return fault.Wrap(fault.Conflict, err, "could not %s: its state at GitHub does not allow it now", doing)
	case status >= 500, status == http.StatusRequestTimeout:
		return fault.Wrap(fault.Unavailable, err, "could not %s: GitHub answered %d", doing, status)
	default:
		return fault.Wrap(fault.Invalid, err, "could not %s: GitHub answered %d", doing, status)
	}
}

// unreachable reports whether err leaves open what GitHub did.
func unreachable(err error) bool {
	if _, ok := errors.AsType[net.Error](err); ok {
		return true
	}
	if _, ok := errors.AsType[*url.Error](err); ok {
		return true
	}
	if _, ok := errors.AsType[*json.SyntaxError](err); ok { // cut short
		return true
	}
	return errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) || errors.Is(err, io.ErrUnexpectedEOF)
}

func bodyText(resp *http.Response) string {
	body, _ := io.ReadAll(io.LimitReader(resp.Body, 64<<10)) // what was read of it is enough to tell
	return strings.ToLower(string(body))
}
