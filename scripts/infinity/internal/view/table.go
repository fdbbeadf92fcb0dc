// Package view draws what the command line prints: tables that fit a terminal,
// trees, ages and colours. It knows no document of the platform.
package view

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// Column is one column of a table.
type Column struct {
	Title string
	Width int // in characters; longer cells end in "…"
}

// Col returns a column.
func Col(title string, width int) Column { return Column{Title: title, Width: width} }

// Table prints rows in columns of fixed width, so that a row can be printed
// before the next is known.
type Table struct {
	w       io.Writer
	columns []Column
	paint   Paint
	begun   bool
}

// NewTable returns a table on w. The header is printed with the first row.
func NewTable(w io.Writer, paint Paint, columns ...Column) *Table {
	return &Table{w: w, paint: paint, columns: columns}
}

// Row prints one row.
func (t *Table) Row(cells ...string) error {
	if !t.begun {
		t.begun = true
		titles := make([]string, len(t.columns))
		for i, c := range t.columns {
			titles[i] = c.Title
		}
		if err := t.line(titles, Dim); err != nil {
			return err
		}
	}
	return t.line(cells, Plain)
}

func (t *Table) line(cells []string, style Style) error {
	var b strings.Builder
	for i, c := range t.columns {
		text := Fit(cells[i], c.Width)
		pad := c.Width - utf8.RuneCountInString(text) + 2
		if style == Plain {
			text = t.paint.State(text)
		} else {
			text = t.paint.As(style, text)
		}
		b.WriteString(text)
		if i < len(t.columns)-1 {
			b.WriteString(strings.Repeat(" ", pad))
		}
	}
	_, err := fmt.Fprintln(t.w, strings.TrimRight(b.String(), " "))
	return err
}

// Fit cuts text to width characters and takes out what would break the line or
// drive the terminal: names and reasons come from outside.
func Fit(text string, width int) string {
	text = Clean(text)
	if utf8.RuneCountInString(text) <= width {
		return text
	}
	return string([]rune(text)[:width-1]) + "…"
}

// Clean replaces control and bidirectional characters by "·".
func Clean(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r < ' ', r >= 0x7f && r < 0xa0, r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069, r == utf8.RuneError:
			return '·'
		default:
			return r
		}
	}, text)
}
