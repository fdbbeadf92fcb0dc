package task

import (
	"strings"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/backoff"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
)

// MaxBodyBytes is Cloud Tasks' limit of a task.
const MaxBodyBytes = 100 << 10

// NameKept is how long a name is remembered after its task succeeded.
const NameKept = time.Hour

// WithDefaults returns c with every zero setting replaced by its default.
func (c Config) WithDefaults() Config {
	if c.Workers <= 0 {
		c.Workers = 8
	}
	if c.Deadline <= 0 {
		c.Deadline = 60 * time.Second
	}
	if c.MinBackoff <= 0 {
		c.MinBackoff = time.Second
	}
	if c.MaxBackoff <= 0 {
		c.MaxBackoff = 60 * time.Second
	}
	c.MaxBackoff = max(c.MaxBackoff, c.MinBackoff)
	return c
}

// Backoff returns how long to wait after the given attempt (from 1) failed:
// MinBackoff doubled each time, at most MaxBackoff, of which jitter (0 to 1)
// takes up to a quarter away, so that tasks that failed together part.
func (c Config) Backoff(attempt int, jitter float64) time.Duration {
	d := backoff.Delay(attempt, c.MinBackoff, c.MaxBackoff)
	return d - time.Duration(jitter*float64(d)/4)
}

// Validate says what is wrong with a task.
func (t Task) Validate() error {
	switch {
	case t.Queue == "" || len(t.Queue) > 255 || strings.ContainsRune(t.Queue, 0):
		return fault.New(fault.Invalid, "the name %q is no name for a queue: use 1 to 255 characters without NUL", t.Queue)
	case len(t.Name) > 500 || strings.ContainsRune(t.Name, 0):
		return fault.New(fault.Invalid, "the name of a task has at most 500 characters and no NUL")
	case len(t.Body) > MaxBodyBytes:
		return fault.New(fault.TooLarge, "a task of %d bytes is over the limit of %d; keep the body in the store and send its id", len(t.Body), MaxBodyBytes)
	}
	return nil
}
