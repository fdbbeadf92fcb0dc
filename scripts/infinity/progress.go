package main

import (
	"fmt"
	"io"
	"io/fs"
	"os"
)

// progressLine is one line that is written again and again, on a terminal only.
type progressLine struct {
	w     io.Writer // nil where there is no terminal
	shown bool
}

func newProgressLine(w io.Writer) *progressLine {
	if !terminal(w) {
		return &progressLine{}
	}
	return &progressLine{w: w}
}

// show replaces the line.
func (p *progressLine) show(text string) {
	if p.w != nil {
		p.shown = true
		_, _ = fmt.Fprintf(p.w, "\r\x1b[K%s", text) // ECMA-48: to the line's begin, and erase it
	}
}

// clear takes the line away.
func (p *progressLine) clear() {
	if p.shown {
		p.shown = false
		_, _ = fmt.Fprint(p.w, "\r\x1b[K")
	}
}

// terminal reports whether w is one.
func terminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok || os.Getenv("TERM") == "dumb" {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&fs.ModeCharDevice != 0
}
