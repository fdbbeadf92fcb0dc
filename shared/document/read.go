package document

import (
	"fmt"
	"io"
	"io/fs"
)

// Read reads the file name of fsys, no more of it than may be read. What is
// wrong with its text is Findings; the error is of reading.
func Read(fsys fs.FS, name string) (*Document, Findings, error) {
	f, err := fsys.Open(name)
	if err != nil {
		return nil, nil, fmt.Errorf("open %s: %w", name, err)
	}
	defer func() { _ = f.Close() }()
	data, err := io.ReadAll(io.LimitReader(f, MaxBytes+1))
	if err != nil {
		return nil, nil, fmt.Errorf("read %s: %w", name, err)
	}
	doc, problems := Parse(data)
	var findings Findings
	for _, p := range problems {
		findings = append(findings, Finding{File: name, Line: p.Line, Column: p.Column, Message: p.Message, Hint: p.Hint})
	}
	return doc, findings, nil
}
