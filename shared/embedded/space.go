package embedded

import (
	"sync/atomic"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
)

// keepFree is what stays free on the disk: room for pebble to bring what it
// has accepted to its tables. A disk that is full to the last byte would stop
// it for good, and it would have to be opened again.
const keepFree = 64 << 20

// checkEvery is how many bytes are written between two looks at the disk.
const checkEvery = 1 << 20

// space refuses commits while the disk is nearly full.
type space struct {
	fs      vfs.FS
	dir     string
	written atomic.Int64 // since the last look
	low     atomic.Bool
}

func (s *space) check(size int) error {
	if s.written.Add(int64(size)) >= checkEvery || s.low.Load() {
		s.look()
	}
	if s.low.Load() {
		return fault.New(fault.Unavailable, "the disk of the data folder is full (less than %d MiB are free); nothing was accepted; free some space and send again", keepFree>>20)
	}
	return nil
}

func (s *space) look() {
	s.written.Store(0)
	usage, err := s.fs.GetDiskUsage(s.dir)
	// A file system that does not tell is taken to have room: a write tells.
	s.low.Store(err == nil && usage.AvailBytes < keepFree)
}
