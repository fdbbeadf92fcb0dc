// Command gateway serves the gateway function alone.
package main

import (
	_ "github.com/InfinityXOneSystems/infinity-matrix/functions/gateway"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/function"
)

func main() { function.Main("gateway") }
