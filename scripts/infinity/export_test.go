package main

// The program, for tests that run it as one, and without a process.
var (
	Main = main
	Run  = run

	Typed         = typed
	RecoveredLine = recoveredLine
)
