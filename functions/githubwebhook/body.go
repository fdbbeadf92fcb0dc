package githubwebhook

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"sync"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/function"
)

// inMemory is how much of a body is held in memory until its signature is
// proved. The rest waits in a file, so that strangers who send 25 MiB each
// cost disk for a moment and little memory. Nearly all payloads are below.
const inMemory = 256 << 10

// chunk is the size of the pooled buffers that the rest passes through.
const chunk = 64 << 10

var (
	heads  = sync.Pool{New: func() any { b := make([]byte, 0, 32<<10); return &b }}
	chunks = sync.Pool{New: func() any { b := make([]byte, chunk); return &b }}
)

// body is a body that was read and hashed, and not yet looked at.
type body struct {
	hashes *hashes
	head   *[]byte
	rest   *os.File // nil unless the body is larger than inMemory
	size   int64
}

// readBody reads and hashes the body up to limit; one byte more is TooLarge.
func readBody(w http.ResponseWriter, r *http.Request, limit int64, keys *keySet) (*body, error) {
	head, ok := heads.Get().(*[]byte)
	if !ok {
		return nil, errors.New("no buffer")
	}
	b := &body{hashes: keys.hashes(), head: head}
	err := b.read(http.MaxBytesReader(w, r.Body, limit), r.ContentLength)
	if err != nil {
		b.release()
		return nil, err
	}
	return b, nil
}

func (b *body) read(src io.Reader, length int64) error {
	done, err := b.readHead(src, length)
	if err == nil && !done {
		err = b.readRest(src)
	}
	return err
}

// readHead fills the buffer and reports whether that was all.
func (b *body) readHead(src io.Reader, length int64) (bool, error) {
	if length > int64(cap(*b.head)) && length <= inMemory {
		*b.head = make([]byte, 0, length+1)
	}
	buffer := (*b.head)[:0]
	defer func() { *b.head = buffer }()
	for len(buffer) < inMemory {
		if len(buffer) == cap(buffer) {
			buffer = append(make([]byte, 0, min(4*cap(buffer), inMemory)), buffer...)
		}
		n, err := src.Read(buffer[len(buffer):cap(buffer)])
		b.hashes.add(buffer[len(buffer) : len(buffer)+n])
		buffer = buffer[:len(buffer)+n]
		b.size += int64(n)
		if errors.Is(err, io.EOF) {
			return true, nil
		}
		if err != nil {
			return true, function.BodyError(err)
		}
	}
	return false, nil
}

func (b *body) readRest(src io.Reader) error {
	f, err := os.CreateTemp("", "webhook-*")
	if err != nil {
		return diskError(err)
	}
	b.rest = f
	if err := os.Remove(f.Name()); err != nil { // gone with the process, whatever happens
		return diskError(err)
	}
	buffer, ok := chunks.Get().(*[]byte)
	if !ok {
		return errors.New("no buffer")
	}
	defer chunks.Put(buffer)
	for {
		n, err := src.Read(*buffer)
		b.hashes.add((*buffer)[:n])
		b.size += int64(n)
		if _, err := f.Write((*buffer)[:n]); err != nil {
			return diskError(err)
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return function.BodyError(err)
		}
	}
}

func diskError(err error) error {
	return fault.Wrap(fault.Unavailable, err, "the disk for temporary files cannot be written; nothing was accepted; free some space and send again")
}

func (b *body) signed(signature []byte) bool { return b.hashes.match(signature) }

func (b *body) digest() string { return hex.EncodeToString(b.hashes.digest.Sum(nil)) }

// bytes returns the body whole, in memory, valid until release. Call it once
// the signature is proved.
func (b *body) bytes() ([]byte, error) {
	if b.rest == nil {
		return *b.head, nil
	}
	whole := make([]byte, b.size)
	n := copy(whole, *b.head)
	if _, err := b.rest.ReadAt(whole[n:], 0); err != nil {
		return nil, fmt.Errorf("read the body back: %w", err)
	}
	return whole, nil
}

func (b *body) release() {
	b.hashes.release()
	if b.rest != nil {
		b.rest.Close() //nolint:errcheck // unlinked: nothing can be lost
	}
	if b.head != nil {
		*b.head = (*b.head)[:0]
		heads.Put(b.head)
	}
}

// abandon leaves the body's memory to whoever still has it: it is not reused.
func (b *body) abandon() { b.head = nil }
