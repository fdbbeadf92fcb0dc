package memory_test

import (
	"testing"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/bus"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/bus/bustest"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/bus/memory"
)

func TestConformance(t *testing.T) {
	t.Parallel()
	bustest.Run(t, func(testing.TB) bus.Bus { return memory.New(memory.Options{}) }, bustest.Options{})
}
