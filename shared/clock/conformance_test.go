package clock_test

import (
	"testing"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/clock"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/clock/clocktest"
)

func TestConformance(t *testing.T) {
	t.Parallel()
	t.Run("real", func(t *testing.T) {
		t.Parallel()
		clocktest.Run(t, clock.Real{}, func(time.Duration) {})
	})
	t.Run("virtual", func(t *testing.T) {
		t.Parallel()
		v := clock.NewVirtual(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC))
		clocktest.Run(t, v, v.Advance)
	})
}
