package sim

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"strconv"
	"time"
)

// trace hashes each step, so that two runs can be compared, and prints it if
// somebody wants to read.
type trace struct {
	began time.Time
	sum   hash.Hash
	out   io.Writer // nil prints nothing
}

func newTrace(out io.Writer) trace { return trace{began: time.Now(), sum: sha256.New(), out: out} }

// step notes who goes on, and where.
func (t trace) step(n int, name, point string) {
	line := strconv.Itoa(n) + " " + time.Since(t.began).String() + " " + name + ": " + point + "\n"
	_, _ = io.WriteString(t.sum, line) // a hash never fails
	if t.out != nil {
		_, _ = io.WriteString(t.out, line) // the reader's own concern
	}
}

// note adds what happens within a step.
func (t trace) note(format string, args ...any) {
	if t.out != nil {
		_, _ = fmt.Fprintf(t.out, "    "+format+"\n", args...) // the reader's own concern
	}
}

// digest names the run.
func (t trace) digest() string { return hex.EncodeToString(t.sum.Sum(nil)) }

func itoa(n int) string { return strconv.Itoa(n) }
