package local

import (
	// Each function registers itself; the manifest says how it is triggered.
	_ "github.com/InfinityXOneSystems/infinity-matrix/functions/answer"
	_ "github.com/InfinityXOneSystems/infinity-matrix/functions/decide"
	_ "github.com/InfinityXOneSystems/infinity-matrix/functions/execute"
	_ "github.com/InfinityXOneSystems/infinity-matrix/functions/gateway"
	_ "github.com/InfinityXOneSystems/infinity-matrix/functions/githubwebhook"
	_ "github.com/InfinityXOneSystems/infinity-matrix/functions/seal"
	_ "github.com/InfinityXOneSystems/infinity-matrix/functions/sweep"
)
