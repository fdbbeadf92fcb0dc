package functions_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/InfinityXOneSystems/infinity-matrix/functions"
	_ "github.com/InfinityXOneSystems/infinity-matrix/functions/answer"
	_ "github.com/InfinityXOneSystems/infinity-matrix/functions/decide"
	_ "github.com/InfinityXOneSystems/infinity-matrix/functions/execute"
	_ "github.com/InfinityXOneSystems/infinity-matrix/functions/gateway"
	_ "github.com/InfinityXOneSystems/infinity-matrix/functions/githubwebhook"
	_ "github.com/InfinityXOneSystems/infinity-matrix/functions/seal"
	_ "github.com/InfinityXOneSystems/infinity-matrix/functions/sweep"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/function"
)

func TestManifestNamesTheRegistered(t *testing.T) {
	t.Parallel()
	m, err := functions.Load()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(m.Names(), function.Registered()); diff != "" {
		t.Errorf("functions.yaml (-) and registered functions (+) differ:\n%s", diff)
	}
}
