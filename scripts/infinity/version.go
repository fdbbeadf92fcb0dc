package main

import "runtime/debug"

type versionCmd struct{}

// Run prints the version that the build recorded: the tag, or, between tags,
// what Go makes of date and commit. A build outside a checkout records none.
func (versionCmd) Run(a *app) error {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" || info.Main.Version == "(devel)" {
		return a.printf("infinity, built without a version: its sources were in no git checkout, or -buildvcs=false was set\n")
	}
	return a.printf("infinity %s\n", info.Main.Version)
}
