// Package rate is "N times in a length of time", as policies and autonomy.yaml
// write it: "2/1h". It counts nothing.
package rate

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// What a rate may be. More than this bounds nothing that anybody would notice,
// and is most often a slip.
const (
	maxTimes = 1_000
	maxPer   = 90 * 24 * time.Hour
)

// Pattern is a rate in a JSON Schema.
const Pattern = `^([1-9][0-9]{0,2}|1000)/([0-9]+(ms|s|m|h))+$`

// Describe tells an editor's user what a rate is.
const Describe = "How often, as 2/1h: 1 to 1000 times, in at most 90 days (2160h)."

const form = `write how often in which time, as "2/1h"`

var parts = regexp.MustCompile(`^(0|[1-9][0-9]*)/((?:[0-9]+(?:ms|s|m|h))+)$`)

// Rate is N times in Per, written "2/1h".
type Rate struct {
	N   int           `json:"n"`
	Per time.Duration `json:"per"` // nanoseconds
}

// Parse reads "2/1h". What is not of this form, or out of bounds, is told by
// message and hint.
func Parse(s string) (r Rate, message, hint string) {
	m := parts.FindStringSubmatch(s)
	if m == nil {
		return r, "that is no rate", form
	}
	n, err := strconv.Atoi(m[1])
	if err != nil { // more digits than any number has
		n = maxTimes + 1
	}
	per, err := time.ParseDuration(m[2])
	if err != nil {
		per = maxPer + 1
	}
	r = Rate{N: n, Per: per}
	message, hint = r.Mistake()
	return r, message, hint
}

// Mistake says what is wrong with r, or "".
func (r Rate) Mistake() (message, hint string) {
	switch {
	case r.N < 1:
		return "a rate of 0 times lets nothing ever run", "to switch something off, take it out"
	case r.N > maxTimes:
		return fmt.Sprintf("a rate has at most %d times", maxTimes), "leave the limit out if there is to be none"
	case r.Per <= 0:
		return "a rate in no time bounds nothing", form
	case r.Per > maxPer:
		return "a rate is over at most 90 days (2160h)", form
	}
	return "", ""
}

// Words returns "at most once in 24 h", for people.
func (r Rate) Words() string {
	times := "once"
	if r.N != 1 {
		times = strconv.Itoa(r.N) + " times"
	}
	for _, unit := range []struct {
		of   time.Duration
		name string
	}{{time.Hour, "h"}, {time.Minute, "min"}, {time.Second, "s"}} {
		if r.Per%unit.of == 0 {
			return fmt.Sprintf("at most %s in %d %s", times, r.Per/unit.of, unit.name)
		}
	}
	return fmt.Sprintf("at most %s in %s", times, r.Per)
}

// String returns "2/1h".
func (r Rate) String() string {
	per := r.Per.String()
	if r.Per%time.Second != 0 {
		per = strconv.FormatInt(r.Per.Milliseconds(), 10) + "ms" // time writes 1.5s, which is no part of a rate
	}
	for _, zero := range []string{"m0s", "h0m"} {
		if strings.HasSuffix(per, zero) {
			per = strings.TrimSuffix(per, zero[1:])
		}
	}
	return strconv.Itoa(r.N) + "/" + per
}
