package memory_test

import (
	"testing"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/clock"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/task"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/task/memory"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/task/tasktest"
)

func TestConformance(t *testing.T) {
	t.Parallel()
	tasktest.Run(t, func(_ testing.TB, c clock.Clock) task.Queue { return memory.New(memory.Options{Clock: c}) })
}
