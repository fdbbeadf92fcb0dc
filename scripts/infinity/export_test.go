package main

import (
	"io"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/clock"
)

// The program, for tests that run it as one, and without a process.
var (
	Main = main
	Run  = run

	Typed         = typed
	RecoveredLine = recoveredLine

	Asked = (*bulletin).asked
	Paged = (*bulletin).paged
)

// NewBulletin prints to out, by c.
func NewBulletin(out io.Writer, c clock.Clock) *bulletin {
	return newBulletin(&app{stdout: out, clock: c, typed: "infinity"})
}
