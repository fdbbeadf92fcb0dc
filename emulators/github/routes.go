package github

import "strings"

// routes is the API that the fake serves, by resource.
func routes() []route {
	var all []route
	for _, list := range [][]route{
		appRoutes, repoRoutes, issueRoutes, commentRoutes, pullRoutes, checkRoutes,
		runRoutes, workflowRoutes, refRoutes, releaseRoutes, hookRoutes,
	} {
		all = append(all, list...)
	}
	return all
}

// at returns the pattern of a path below a repository.
func at(method, path string) string { return method + " /repos/{owner}/{repo}" + path }

// allPermissions are those that any route asks for, at the level "write".
func allPermissions() map[string]string {
	all := map[string]string{"metadata": "read"}
	for _, r := range routes() {
		names, _, scoped := strings.Cut(r.needs, ":")
		for name := range strings.SplitSeq(names, "|") {
			if scoped && name != "metadata" {
				all[name] = "write"
			}
		}
	}
	return all
}
