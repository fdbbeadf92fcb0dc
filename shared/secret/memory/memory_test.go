package memory_test

import (
	"testing"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/clock"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/secret"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/secret/memory"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/secret/secrettest"
)

func TestConformance(t *testing.T) {
	t.Parallel()
	secrettest.Run(t, func(*testing.T) secret.Store { return memory.New(clock.Real{}) })
}
