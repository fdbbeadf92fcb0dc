package github

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	gh "github.com/google/go-github/v66/github"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
)

// Scope is what a client may touch: one repository of one installation, with
// these permissions of the App ({"issues": "write"}) and no others.
type Scope struct {
	InstallationID int64  // 0 if the event named none, as those of a repository's own hook: GitHub is asked
	RepositoryID   int64  // numeric, so that a renamed or transferred repository is noticed (S27)
	Repository     string // "owner/name", as the event named it
	Permissions    map[string]string
}

// name is what GitHub lets an owner or a repository be called.
var name = regexp.MustCompile(`^[A-Za-z0-9._-]{1,100}$`)

// Split returns the owner and the name of a repository.
func Split(repository string) (owner, repo string, err error) {
	owner, repo, _ = strings.Cut(repository, "/")
	for _, part := range []string{owner, repo} {
		if !name.MatchString(part) || part == "." || part == ".." { // they become parts of a path
			return "", "", fault.New(fault.Invalid, "%q is no repository: write owner/name", repository)
		}
	}
	return owner, repo, nil
}

// id identifies the token that the scope needs.
func (s Scope) id() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d %d %s ", s.InstallationID, s.RepositoryID, strings.ToLower(s.Repository))
	b.WriteString(s.permissions())
	return b.String()
}

// permissions lists them, "checks: write, metadata: read".
func (s Scope) permissions() string {
	list := make([]string, 0, len(s.Permissions))
	for _, name := range slices.Sorted(maps.Keys(s.Permissions)) {
		list = append(list, name+": "+s.Permissions[name])
	}
	return strings.Join(list, ", ")
}

// options are the restrictions that the token is asked with.
func (s Scope) options() (*gh.InstallationTokenOptions, error) {
	if s.RepositoryID == 0 {
		return nil, fault.New(fault.Invalid, "the event names no repository id for %s", s.Repository)
	}
	if len(s.Permissions) == 0 { // GitHub would give all that the App has
		return nil, fault.New(fault.Internal, "a token for %s was asked without permissions", s.Repository)
	}
	text, err := json.Marshal(s.Permissions)
	if err != nil {
		return nil, fmt.Errorf("encode permissions: %w", err)
	}
	permissions := &gh.InstallationPermissions{}
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields() // a misspelt one must not be dropped in silence
	if err := dec.Decode(permissions); err != nil {
		return nil, fault.Wrap(fault.Internal, err, "GitHub has no such permission for an App")
	}
	return &gh.InstallationTokenOptions{RepositoryIDs: []int64{s.RepositoryID}, Permissions: permissions}, nil
}
