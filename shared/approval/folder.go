package approval

import (
	"io/fs"
	"log/slog"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/clock"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/lastgood"
)

// Folder is approvals.yaml of a folder, as shared/lastgood keeps it in force.
type Folder struct{ *lastgood.Folder[*Config] }

// NewFolder returns the configuration under files and reads it once.
func NewFolder(files fs.FS, c clock.Clock, log *slog.Logger) *Folder {
	return &Folder{lastgood.New(lastgood.Source[*Config]{Name: File, Files: files, Globs: []string{File}, Read: Load}, c, log)}
}

// Current returns what is in force, nil if there is nothing.
func (f *Folder) Current() *Config {
	c, _ := f.Folder.Current()
	return c
}
