module github.com/InfinityXOneSystems/infinity-matrix/scripts/bench

go 1.26.0

require (
	github.com/InfinityXOneSystems/infinity-matrix v0.0.0
	github.com/google/go-github/v66 v66.0.0
	github.com/google/uuid v1.6.0
)

require github.com/google/go-querystring v1.1.0 // indirect

replace github.com/InfinityXOneSystems/infinity-matrix => ../..
