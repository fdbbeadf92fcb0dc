package policy

import (
	"fmt"
	"regexp"
	"strconv"
	"time"
)

// What a rate may be. More than this bounds nothing that anybody would notice,
// and is most often a slip.
const (
	maxTimes = 1_000
	maxPer   = 90 * 24 * time.Hour
)

const rateForm = `write how often in which time, as "2/1h"`

var rateParts = regexp.MustCompile(`^(0|[1-9][0-9]*)/((?:[0-9]+(?:ms|s|m|h))+)$`)

// parseRate reads "2/1h". What is not of this form, or out of bounds, is told
// by message and hint.
func parseRate(s string) (r Rate, message, hint string) {
	parts := rateParts.FindStringSubmatch(s)
	if parts == nil {
		return r, "that is no rate", rateForm
	}
	n, err := strconv.Atoi(parts[1])
	if err != nil { // more digits than any number has
		n = maxTimes + 1
	}
	per, err := time.ParseDuration(parts[2])
	if err != nil {
		per = maxPer + 1
	}
	r = Rate{N: n, Per: per}
	message, hint = r.mistake()
	return r, message, hint
}

// mistake says what is wrong with r, or "".
func (r Rate) mistake() (message, hint string) {
	switch {
	case r.N < 1:
		return "a rate of 0 times lets the action never run", "take the policy out to switch it off"
	case r.N > maxTimes:
		return fmt.Sprintf("a rate has at most %d times", maxTimes), "leave the limit out if there is to be none"
	case r.Per <= 0:
		return "a rate in no time bounds nothing", rateForm
	case r.Per > maxPer:
		return "a rate is over at most 90 days (2160h)", rateForm
	}
	return "", ""
}

// limits finds what is wrong with the policy's limits.
func (b *adding) limits() {
	b.rate("per_resource", b.src.Limits.PerResource)
	b.rate("total", b.src.Limits.Total)
}

func (b *adding) rate(name string, r *Rate) {
	if r == nil {
		return
	}
	if message, hint := r.mistake(); message != "" {
		b.find([]string{"limits", name}, 1, 1, name+": "+message, hint)
	}
}
