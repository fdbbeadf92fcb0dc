package github

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
)

// entry is one line of the journal: what one request changed, and its effect.
type entry struct {
	Effect *Effect `json:"effect,omitempty"`
	Writes []write `json:"writes,omitempty"`
}

// journal keeps the state beyond the process: a line is with the kernel before
// the request is answered, so that kill -9 loses nothing that was told.
type journal struct{ file *os.File }

// openJournal opens path and calls replay with each whole line. A last line
// that was cut off told nobody anything: it is dropped.
func openJournal(path string, replay func(entry)) (*journal, error) {
	if path == "" {
		return nil, nil //nolint:nilnil // no journal: nil keeps nothing
	}
	raw, err := os.ReadFile(path) //nolint:gosec // the file that the configuration names
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("read the journal: %w", err)
	}
	whole := raw[:bytes.LastIndexByte(raw, '\n')+1]
	n := 0
	for line := range bytes.Lines(whole) {
		n++
		var e entry
		if err := decode(line, &e); err != nil {
			return nil, fmt.Errorf("read the journal %s, line %d: %w", path, n, err)
		}
		replay(e)
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600) //nolint:gosec // the file that the configuration names
	if err != nil {
		return nil, fmt.Errorf("open the journal: %w", err)
	}
	if err := file.Truncate(int64(len(whole))); err != nil {
		return nil, errors.Join(fmt.Errorf("cut the journal: %w", err), file.Close())
	}
	if _, err := file.Seek(0, io.SeekEnd); err != nil {
		return nil, errors.Join(fmt.Errorf("open the journal: %w", err), file.Close())
	}
	return &journal{file}, nil
}

func (j *journal) append(e entry) error {
	if j == nil {
		return nil
	}
	line, err := encode(e)
	if err != nil {
		return err
	}
	if _, err := j.file.Write(append(line, '\n')); err != nil {
		return fmt.Errorf("write the journal: %w", err)
	}
	return nil
}

// truncate forgets all.
func (j *journal) truncate() error {
	if j == nil {
		return nil
	}
	if err := j.file.Truncate(0); err != nil {
		return fmt.Errorf("empty the journal: %w", err)
	}
	if _, err := j.file.Seek(0, io.SeekStart); err != nil {
		return fmt.Errorf("empty the journal: %w", err)
	}
	return nil
}

func (j *journal) close() error {
	if j == nil {
		return nil
	}
	return j.file.Close()
}
