module github.com/InfinityXOneSystems/infinity-matrix/scripts/bench

go 1.26.0

require github.com/InfinityXOneSystems/infinity-matrix v0.0.0

replace github.com/InfinityXOneSystems/infinity-matrix => ../..
