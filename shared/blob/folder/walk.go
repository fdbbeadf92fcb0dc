package folder

import (
	"context"
	"errors"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/blob"
)

// walk collects one page of blobs in key order, and one more, which tells
// that there is a next page.
type walk struct {
	store          *Store
	ctx            context.Context //nolint:containedctx // lives as long as one List
	prefix, cursor string
	want           int
	infos          []blob.Info
}

func (w *walk) run() error {
	if w.want <= 0 {
		w.want = blob.DefaultLimit
	}
	return w.folder("")
}

// entry is one name in a folder. A folder sorts as the keys within it do: with
// its slash.
type entry struct {
	name   string // within the folder, "/" at the end of a folder's
	folder bool
}

func (w *walk) folder(at string) error {
	if err := w.ctx.Err(); err != nil {
		return err
	}
	names, err := fs.ReadDir(w.store.root.FS(), path.Clean(at)) // "." for ""
	if errors.Is(err, fs.ErrNotExist) {
		return nil // deleted meanwhile
	}
	if err != nil {
		return err
	}
	var entries []entry
	for _, n := range names {
		switch name, isBlob := strings.CutSuffix(n.Name(), suffix); {
		case n.IsDir() && n.Name() != staging:
			entries = append(entries, entry{n.Name() + "/", true})
		case isBlob && !n.IsDir():
			entries = append(entries, entry{name, false})
		}
	}
	slices.SortFunc(entries, func(a, b entry) int { return strings.Compare(a.name, b.name) })
	for _, e := range entries {
		if len(w.infos) > w.want {
			return nil
		}
		if err := w.visit(at+e.name, e.folder); err != nil {
			return err
		}
	}
	return nil
}

func (w *walk) visit(key string, folder bool) error {
	switch {
	case folder:
		// All keys within begin with key: skip it when they are all before
		// the cursor, or none can have the prefix.
		if !strings.HasPrefix(key, w.prefix) && !strings.HasPrefix(w.prefix, key) {
			return nil
		}
		if key < w.cursor && !strings.HasPrefix(w.cursor, key) {
			return nil
		}
		return w.folder(key)
	case !strings.HasPrefix(key, w.prefix) || key <= w.cursor:
		return nil
	}
	info, err := w.store.Stat(w.ctx, key)
	if errors.Is(err, blob.ErrNotFound) {
		return nil // deleted meanwhile
	}
	if err == nil {
		w.infos = append(w.infos, info)
	}
	return err
}
