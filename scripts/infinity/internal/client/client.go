// Package client talks to a running platform: to the gateway's REST interface,
// and to the fake GitHub's control interface. It prints nothing; its errors are
// sentences for people.
package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"syscall"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
)

// Limits of a call that is not a stream.
const (
	timeout   = 30 * time.Second
	maxAnswer = 64 << 20
)

// Client calls one server.
type Client struct {
	base string
	key  string
	http *http.Client
}

// New returns a client of the server at base ("http://127.0.0.1:8080"); key is
// sent as bearer token unless it is empty.
func New(base, key string) (*Client, error) {
	u, err := url.Parse(base)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return nil, fault.New(fault.Invalid, "%q is no address; write it as http://host:port", base)
	}
	return &Client{base: strings.TrimRight(base, "/"), key: key, http: &http.Client{
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }, // the key goes nowhere else
	}}, nil
}

// Get reads path into out.
func (c *Client) Get(ctx context.Context, path string, query url.Values, out any) error {
	return c.call(ctx, http.MethodGet, path, query, nil, out)
}

// Bytes reads what path answers, as it is.
func (c *Client) Bytes(ctx context.Context, path string, query url.Values) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	resp, err := c.send(ctx, http.MethodGet, path, query, nil)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	data, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return nil, fault.Wrap(fault.Unavailable, err, "the answer of %s ended early", c.base)
	}
	return data, nil
}

// Post sends body as JSON to path and reads the answer into out; nil ignores it.
func (c *Client) Post(ctx context.Context, path string, body, out any) error {
	return c.call(ctx, http.MethodPost, path, nil, body, out)
}

// Delete deletes what path and query name.
func (c *Client) Delete(ctx context.Context, path string, query url.Values) error {
	return c.call(ctx, http.MethodDelete, path, query, nil, nil)
}

func (c *Client) call(ctx context.Context, method, path string, query url.Values, body, out any) error {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	resp, err := c.send(ctx, method, path, query, body)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	if out == nil {
		return nil
	}
	if err := json.NewDecoder(io.LimitReader(resp.Body, maxAnswer)).Decode(out); err != nil {
		return fault.Wrap(fault.Unavailable, err, "the answer of %s is not what was expected; is it Infinity-Matrix, of this version?", c.base)
	}
	return nil
}

// send returns the answer if it is a success.
func (c *Client) send(ctx context.Context, method, path string, query url.Values, body any) (*http.Response, error) {
	target := c.base + path
	if len(query) > 0 {
		target += "?" + query.Encode()
	}
	var payload io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return nil, fmt.Errorf("encode the request: %w", err)
		}
		payload = bytes.NewReader(text)
	}
	req, err := http.NewRequestWithContext(ctx, method, target, payload)
	if err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "cannot ask %s", c.base)
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if c.key != "" {
		req.Header.Set("Authorization", "Bearer "+c.key)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, c.unreachable(err)
	}
	if resp.StatusCode/100 == 2 {
		return resp, nil
	}
	defer func() { _ = resp.Body.Close() }()
	return nil, problem(resp)
}

// unreachable says why there is no answer.
func (c *Client) unreachable(err error) error {
	switch {
	case errors.Is(err, context.Canceled):
		return err
	case errors.Is(err, syscall.ECONNREFUSED):
		return fault.Wrap(fault.Unavailable, err, "Infinity-Matrix is not running at %s; start it, on this machine with `make up`", c.base)
	case errors.Is(err, context.DeadlineExceeded):
		return fault.Wrap(fault.Unavailable, err, "%s did not answer in time", c.base)
	default:
		return fault.Wrap(fault.Unavailable, err, "%s cannot be reached", c.base)
	}
}

// NotRunning is the error for a platform that nobody started.
func NotRunning(cause error) error {
	return fault.Wrap(fault.Unavailable, cause, "Infinity-Matrix is not running here; start it with `make up`")
}

// problem makes an error of an answer that is none, by its problem details
// (RFC 9457) if it has them.
func problem(resp *http.Response) error {
	var p struct {
		Detail string `json:"detail"`
		Errors []struct {
			Message  string `json:"message"`
			Location string `json:"location"`
		} `json:"errors"`
	}
	text, _ := io.ReadAll(io.LimitReader(resp.Body, 1<<20)) // what is cut off is no JSON, and the status says enough
	if json.Unmarshal(text, &p) != nil || p.Detail == "" {
		p.Detail = "the server answered " + resp.Status
	}
	for _, e := range p.Errors {
		p.Detail += fmt.Sprintf("; %s: %s", e.Location, e.Message)
	}
	return fault.New(kinds[resp.StatusCode], "%s", p.Detail)
}

// kinds are those that a caller tells apart; the others are the zero Kind.
var kinds = map[int]fault.Kind{
	http.StatusBadRequest: fault.Invalid, http.StatusUnauthorized: fault.Unauthenticated,
	http.StatusForbidden: fault.Forbidden, http.StatusNotFound: fault.NotFound, http.StatusConflict: fault.Conflict,
	http.StatusTooManyRequests: fault.Exhausted, http.StatusServiceUnavailable: fault.Unavailable,
}
