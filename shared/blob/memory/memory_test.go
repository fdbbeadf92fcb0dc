package memory_test

import (
	"testing"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/blob"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/blob/blobtest"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/blob/memory"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/clock"
)

func TestConformance(t *testing.T) {
	t.Parallel()
	blobtest.Run(t, func(*testing.T) blob.Store { return memory.New(clock.Real{}) })
}
