// Command cmd serves the function decide alone.
package main

import (
	"context"
	"fmt"
	"os"

	_ "github.com/InfinityXOneSystems/infinity-matrix/functions/decide" // registers itself
	"github.com/InfinityXOneSystems/infinity-matrix/shared/function"
	_ "github.com/InfinityXOneSystems/infinity-matrix/shared/function/machine" // the platform
)

func main() {
	if err := function.Main(context.Background(), "decide"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
