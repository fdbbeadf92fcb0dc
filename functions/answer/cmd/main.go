// Command cmd serves the function answer alone.
package main

import (
	"context"
	"fmt"
	"os"

	_ "github.com/InfinityXOneSystems/infinity-matrix/functions/answer" // registers itself
	"github.com/InfinityXOneSystems/infinity-matrix/shared/function"
	_ "github.com/InfinityXOneSystems/infinity-matrix/shared/function/machine" // the platform
)

func main() {
	if err := function.Main(context.Background(), "answer"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
