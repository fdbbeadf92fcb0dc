package autonomy

import (
	"io/fs"
	"log/slog"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/clock"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/lastgood"
)

// Source gives the matrix in force. Nil means that there is none: then events
// are recorded and nothing runs.
type Source interface{ Current() *Matrix }

// Folder is the matrix in a folder (.infinity), as shared/lastgood keeps it in
// force.
type Folder struct{ *lastgood.Folder[*Matrix] }

// NewFolder returns the matrix under files and reads it once.
func NewFolder(files fs.FS, catalog Catalog, c clock.Clock, log *slog.Logger) *Folder {
	return &Folder{lastgood.New(lastgood.Source[*Matrix]{
		Name: File, Files: files, Globs: []string{File},
		Read: func(files fs.FS) (*Matrix, error) { return Load(files, catalog) },
		Changed: func(m *Matrix) {
			log.Info("autonomy in force", slog.Int("capabilities", len(m.Capabilities)), slog.String("digest", m.Digest()))
		},
	}, c, log)}
}

// Current implements Source.
func (f *Folder) Current() *Matrix {
	m, _ := f.Folder.Current()
	return m
}
