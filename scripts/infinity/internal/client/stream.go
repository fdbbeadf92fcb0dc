package client

import (
	"bufio"
	"context"
	"errors"
	"iter"
	"net/http"
	"net/url"
	"strings"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
)

// maxEvent is the longest line of a stream: a document, or a report on ten
// thousand policies.
const maxEvent = 16 << 20

// Stream yields the data of each server-sent event of path, until ctx ends
// (then without an error), the server ends it, or the consumer stops. It reads
// what the gateway writes: one data line an event, and comments
// (https://html.spec.whatwg.org/multipage/server-sent-events.html).
func (c *Client) Stream(ctx context.Context, path string, query url.Values) iter.Seq2[[]byte, error] {
	return c.stream(ctx, http.MethodGet, path, query, nil)
}

// PostStream is Stream of what a POST of body answers.
func (c *Client) PostStream(ctx context.Context, path string, body any) iter.Seq2[[]byte, error] {
	return c.stream(ctx, http.MethodPost, path, nil, body)
}

func (c *Client) stream(ctx context.Context, method, path string, query url.Values, body any) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		resp, err := c.send(ctx, method, path, query, body)
		if err != nil {
			if ctx.Err() == nil {
				yield(nil, err)
			}
			return
		}
		defer func() { _ = resp.Body.Close() }()
		lines := bufio.NewScanner(resp.Body)
		lines.Buffer(nil, maxEvent)
		for lines.Scan() {
			data, ok := strings.CutPrefix(lines.Text(), "data: ")
			if ok && !yield([]byte(data), nil) {
				return
			}
		}
		if ctx.Err() == nil {
			yield(nil, fault.Wrap(fault.Unavailable, errors.Join(lines.Err()), "the server ended the stream; is it still running?"))
		}
	}
}
