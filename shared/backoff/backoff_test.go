package backoff_test

import (
	"math"
	"testing"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/backoff"
)

func TestDelay(t *testing.T) {
	t.Parallel()
	const s = time.Second
	for _, c := range []struct {
		attempt           int
		least, most, want time.Duration
	}{
		{0, s, 60 * s, s},
		{1, s, 60 * s, s},
		{2, s, 60 * s, 2 * s},
		{6, s, 60 * s, 32 * s},
		{7, s, 60 * s, 60 * s},
		{math.MaxInt, s, 60 * s, 60 * s},
		{3, 5 * s, 5 * s, 5 * s},
		{1, 9 * s, 5 * s, 5 * s},
	} {
		if got := backoff.Delay(c.attempt, c.least, c.most); got != c.want {
			t.Errorf("Delay(%d, %s, %s) = %s, want %s", c.attempt, c.least, c.most, got, c.want)
		}
	}
}
