package folder

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strconv"
	"sync"
	"syscall"

	"github.com/klauspost/compress/zstd"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/blob"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
)

// window bounds an encoder's memory to about 2 MiB.
const window = 256 << 10

var encoders = sync.Pool{New: func() any {
	z, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1),
		zstd.WithWindowSize(window), zstd.WithLowerEncoderMem(true))
	if err != nil {
		panic(err) // the options are constants
	}
	return z
}}

// maxAgain is how often a folder is made again that was taken away.
const maxAgain = 10

// Put implements blob.Store. A reader that fails leaves nothing behind; a full
// disk is reported as fault.Unavailable.
func (s *Store) Put(ctx context.Context, key string, r io.Reader) error {
	if err := blob.CheckKey(key); err != nil {
		return err
	}
	if _, err := s.root.Stat(key + suffix); err == nil {
		return s.explain("put", key, fs.ErrExist)
	}
	staged := path.Join(staging, strconv.FormatUint(s.next.Add(1), 10))
	err := s.stage(ctx, staged, r)
	if err == nil {
		err = s.publish(staged, key)
		for i := 0; i < maxAgain && errors.Is(err, fs.ErrNotExist); i++ { // a Delete took the empty folder away
			err = s.publish(staged, key)
		}
	}
	if removed := s.root.Remove(staged); removed != nil && !errors.Is(removed, fs.ErrNotExist) {
		err = errors.Join(err, removed)
	}
	if errors.Is(err, syscall.ENOSPC) {
		return fault.Wrap(fault.Unavailable, err, "the disk of the data folder is full; nothing was accepted; free some space and send again")
	}
	return s.explain("put", key, err)
}

// stage writes r, compressed, to a file and syncs it. The file ends with the
// blob's size in a skippable frame (RFC 8878, 3.1.2), so that Stat need not
// decompress.
func (s *Store) stage(ctx context.Context, staged string, r io.Reader) error {
	f, err := s.root.OpenFile(staged, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	z, ok := encoders.Get().(*zstd.Encoder)
	if !ok {
		return errors.Join(errors.New("no encoder"), f.Close())
	}
	defer encoders.Put(z)
	z.Reset(f)
	size, err := io.Copy(z, r)
	if err != nil {
		err = fmt.Errorf("read what is to be stored: %w", err)
	}
	err = errors.Join(err, z.Close(), ctx.Err())
	if err == nil {
		_, err = f.Write(trailer(size))
	}
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

const trailerBytes = 16

func trailer(size int64) []byte {
	b := binary.LittleEndian.AppendUint32(nil, 0x184D2A50)
	b = binary.LittleEndian.AppendUint32(b, 8)
	return binary.LittleEndian.AppendUint64(b, uint64(size))
}

// size reads a blob's size from the end of its file.
func (s *Store) size(key string, info fs.FileInfo) (int64, error) {
	f, err := s.root.Open(key + suffix)
	if err != nil {
		return 0, s.explain("stat", key, err)
	}
	defer f.Close() //nolint:errcheck // only read
	var b [trailerBytes]byte
	if _, err := f.ReadAt(b[:], max(0, info.Size()-trailerBytes)); err != nil {
		return 0, fmt.Errorf("stat blob %s: the file is cut: %w", key, err)
	}
	return int64(binary.LittleEndian.Uint64(b[8:])), nil
}

// publish links the staged file into its place, which fails if somebody else
// took the key meanwhile, and makes the names durable.
func (s *Store) publish(staged, key string) error {
	dir := path.Dir(key)
	if err := s.makeDir(dir); err != nil {
		return err
	}
	if err := s.root.Link(staged, key+suffix); err != nil {
		return err
	}
	return s.syncDir(dir)
}

// makeDir creates dir and makes the names of new folders durable.
func (s *Store) makeDir(dir string) error {
	if _, err := s.root.Stat(dir); err == nil {
		return nil
	}
	if parent := path.Dir(dir); parent != dir {
		if err := s.makeDir(parent); err != nil {
			return err
		}
	}
	if err := s.root.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return s.syncDir(path.Dir(dir))
}

func (s *Store) syncDir(dir string) error {
	d, err := s.root.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
