// Package document reads one YAML file of .infinity into JSON values, knows
// where each stands, and says what is wrong with the file as its author needs
// it: file, line, column, and what to write instead. It refuses what hides
// mistakes or blows up: duplicate keys, aliases, custom tags, several
// documents, large files. What the file means is its own package's concern.
package document

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"
)

// MaxBytes is how large a file may be, and maxNesting how deep.
const (
	MaxBytes   = 512 << 10
	maxNesting = 32
)

// Position is a place in a file, from 1.
type Position struct{ Line, Column int }

// Problem is why a file cannot be read.
type Problem struct {
	Position
	Message, Hint string
}

// Document is a file that was read.
type Document struct {
	Value any // map[string]any, []any, string, int64, float64, bool, nil
	root  *yaml.Node
}

// Parse reads data. The document is nil if there is any problem.
func Parse(data []byte) (*Document, []Problem) {
	if len(data) > MaxBytes {
		return nil, []Problem{{Position{1, 1}, fmt.Sprintf("the file has %d bytes; at most %d are read", len(data), MaxBytes), "split it into several files"}}
	}
	loader := yaml.NewDecoder(bytes.NewReader(data))
	var root yaml.Node
	if err := loader.Decode(&root); err != nil {
		if errors.Is(err, io.EOF) {
			return nil, []Problem{{Position{1, 1}, "the file is empty", ""}}
		}
		return nil, []Problem{syntax(err)}
	}
	var more yaml.Node
	if err := loader.Decode(&more); err == nil {
		return nil, []Problem{{at(&more), "the file holds a second document", "write it to a file of its own"}}
	} else if !errors.Is(err, io.EOF) {
		return nil, []Problem{syntax(err)}
	}
	c := converter{}
	d := &Document{root: &root}
	if root.Kind == yaml.DocumentNode && len(root.Content) > 0 {
		d.root = root.Content[0]
	}
	if d.Value = c.value(d.root, 0); c.problems != nil {
		return nil, c.problems
	}
	return d, nil
}

func syntax(err error) Problem {
	p := Problem{Position: Position{1, 1}, Message: "the file is not valid YAML: " + err.Error()}
	var load *yaml.LoadError
	if errors.As(err, &load) {
		p.Message = "the file is not valid YAML: " + load.Message
		p.Position = Position{max(load.Mark.Line, 1), max(load.Mark.Column, 1)}
	}
	return p
}

func at(n *yaml.Node) Position { return Position{max(n.Line, 1), max(n.Column, 1)} }

type converter struct{ problems []Problem }

func (c *converter) fail(n *yaml.Node, hint, format string, args ...any) any {
	c.problems = append(c.problems, Problem{at(n), fmt.Sprintf(format, args...), hint})
	return nil
}

func (c *converter) value(n *yaml.Node, depth int) any {
	switch {
	case depth > maxNesting:
		return c.fail(n, "", "the file is nested deeper than %d levels", maxNesting)
	case n.Kind == yaml.AliasNode:
		return c.fail(n, "write the value out", "aliases (*%s) are not read", n.Value)
	case n.Anchor != "":
		return c.fail(n, "write the value out where it is needed", "anchors (&%s) are not read", n.Anchor)
	case n.Kind == yaml.MappingNode:
		return c.mapping(n, depth)
	case n.Kind == yaml.SequenceNode:
		list := make([]any, len(n.Content))
		for i, e := range n.Content {
			list[i] = c.value(e, depth+1)
		}
		return list
	}
	return c.scalar(n)
}

func (c *converter) mapping(n *yaml.Node, depth int) any {
	m := make(map[string]any, len(n.Content)/2)
	first := make(map[string]int, len(n.Content)/2)
	for i := 0; i+1 < len(n.Content); i += 2 {
		k := n.Content[i]
		if k.Kind != yaml.ScalarNode {
			c.fail(k, "", "a key has to be text")
			continue
		}
		if line, ok := first[k.Value]; ok {
			c.fail(k, "take one of them out", "%q is there twice, first in line %d", k.Value, line)
			continue
		}
		first[k.Value] = k.Line
		m[k.Value] = c.value(n.Content[i+1], depth+1)
	}
	return m
}

func (c *converter) scalar(n *yaml.Node) any {
	switch tag := n.ShortTag(); tag {
	case "!!str", "!!timestamp":
		return n.Value
	case "!!null":
		return nil
	case "!!bool":
		return strings.EqualFold(n.Value, "true")
	case "!!int":
		if i, err := strconv.ParseInt(n.Value, 0, 64); err == nil {
			return i
		}
		return c.fail(n, "quote it if it is text", "%s is no whole number of 64 bits", n.Value)
	case "!!float":
		if f, err := strconv.ParseFloat(n.Value, 64); err == nil {
			return f
		}
		return c.fail(n, "quote it if it is text", "%s is no number", n.Value)
	default:
		return c.fail(n, "take the tag out", "the tag %s is not read", tag)
	}
}

// Find returns where the value at path stands, or what of the path is there.
func (d *Document) Find(path []string) Position {
	n, _ := d.find(path)
	return at(n)
}

// FindKey returns where the name of the member of the object at path stands.
func (d *Document) FindKey(path []string, name string) Position {
	n, _ := d.find(path)
	for i := 0; n.Kind == yaml.MappingNode && i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == name {
			return at(n.Content[i])
		}
	}
	return at(n)
}

func (d *Document) find(path []string) (*yaml.Node, bool) {
	n := d.root
	for _, p := range path {
		next := child(n, p)
		if next == nil {
			return n, false
		}
		n = next
	}
	return n, true
}

func child(n *yaml.Node, name string) *yaml.Node {
	switch n.Kind {
	case yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			if n.Content[i].Value == name {
				return n.Content[i+1]
			}
		}
	case yaml.SequenceNode:
		if i, err := strconv.Atoi(name); err == nil && i >= 0 && i < len(n.Content) {
			return n.Content[i]
		}
	}
	return nil
}

// Within returns where the given line and column of the text at path stand in
// the file; for folded text, where the text begins.
func (d *Document) Within(path []string, line, column int) Position {
	n, ok := d.find(path)
	p := at(n)
	switch {
	case !ok || n.Kind != yaml.ScalarNode:
	case n.Style&yaml.LiteralStyle != 0:
		return Position{p.Line + line, d.indent(path) + column}
	case n.Style&yaml.FoldedStyle != 0 || line > 1:
	case n.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle) != 0:
		p.Column += column
	default:
		p.Column += column - 1
	}
	return p
}

// indent returns how far a block text is indented: YAML's convention of two
// more than its key.
func (d *Document) indent(path []string) int {
	if len(path) == 0 {
		return 0
	}
	return d.FindKey(path[:len(path)-1], path[len(path)-1]).Column + 1
}
