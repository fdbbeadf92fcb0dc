package decision

import (
	"io/fs"
	"log/slog"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/clock"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/lastgood"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/policy"
)

// Folder is the set of policies in a folder (.infinity), as shared/lastgood
// keeps it in force.
type Folder struct{ *lastgood.Folder[*policy.Set] }

// NewFolder returns the policies under files, read when they are first asked for.
func NewFolder(files fs.FS, catalog policy.Catalog, c clock.Clock, log *slog.Logger) *Folder {
	return &Folder{lastgood.New(lastgood.Source[*policy.Set]{
		Name: "policies", Files: files, Globs: []string{"policies/*.y*ml"},
		Read: func(files fs.FS) (*policy.Set, error) { return policy.Load(files, catalog) },
		Changed: func(set *policy.Set) {
			log.Info("policies in force", slog.Int("policies", len(set.Policies())), slog.String("digest", set.Digest()))
		},
	}, c, log)}
}

// Current implements Policies.
func (f *Folder) Current() *policy.Set {
	set, _ := f.Folder.Current()
	return set
}

// Err returns why the files could not be read, or nil.
func (f *Folder) Err() error {
	_, err := f.Status()
	return err
}
