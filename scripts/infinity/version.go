package main

import "runtime/debug"

type versionCmd struct{}

// Run prints the version that the build recorded.
func (versionCmd) Run(a *app) error {
	version, revision := "unknown", ""
	if info, ok := debug.ReadBuildInfo(); ok {
		version = info.Main.Version
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				revision = " " + s.Value
			}
		}
	}
	return a.printf("infinity %s%s\n", version, revision)
}
