package github

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
)

// object is one resource in the shape of GitHub's REST API. What is stored is
// never changed in place: a change stores a new object.
type object = map[string]any

// state is what GitHub knows: collections ("issues/<repository id>") of
// objects by id, in the order of their creation.
type state map[string]*collection

type collection struct {
	ids  []string
	docs map[string]object
}

// write is one change of state, as the journal keeps it. A nil Doc deletes.
type write struct {
	In  string `json:"in"`
	ID  string `json:"id"`
	Doc object `json:"doc"`
}

func (s state) get(in, id string) object {
	if c := s[in]; c != nil {
		return c.docs[id]
	}
	return nil
}

// list returns a collection's objects, oldest first.
func (s state) list(in string) []object {
	c := s[in]
	if c == nil {
		return nil
	}
	out := make([]object, len(c.ids))
	for i, id := range c.ids {
		out[i] = c.docs[id]
	}
	return out
}

func (s state) apply(w write) {
	c := s[w.In]
	if c == nil {
		c = &collection{docs: map[string]object{}}
		s[w.In] = c
	}
	_, known := c.docs[w.ID]
	switch {
	case w.Doc == nil && known:
		delete(c.docs, w.ID)
		c.ids = slices.DeleteFunc(c.ids, func(id string) bool { return id == w.ID })
	case w.Doc != nil:
		if !known {
			c.ids = append(c.ids, w.ID)
		}
		c.docs[w.ID] = w.Doc
	}
}

// tx is one request's changes: made at once, since the server's lock is held,
// and undone if the request fails.
type tx struct {
	state
	writes []write
	undo   []write
}

func (t *tx) put(in string, id any, doc object) {
	w := write{In: in, ID: fmt.Sprint(id), Doc: doc}
	t.undo = append(t.undo, write{In: in, ID: w.ID, Doc: t.get(in, w.ID)})
	t.apply(w)
	t.writes = append(t.writes, w)
}

func (t *tx) drop(in string, id any) { t.put(in, id, nil) }

func (t *tx) rollback() {
	for _, w := range slices.Backward(t.undo) {
		t.apply(w)
	}
}

// firstID is where ids of the fake begin: above all recorded ones.
const firstID = 90_000_000_000

// next returns a new id.
func (t *tx) next() int64 {
	n := number(t.get("meta", "sequence")["next"])
	if n == 0 {
		n = firstID
	}
	t.put("meta", "sequence", object{"next": n + 1})
	return n
}

// with returns a copy of doc with the fields of changes.
func with(doc, changes object) object {
	out := maps.Clone(doc)
	if out == nil {
		out = object{}
	}
	maps.Copy(out, changes)
	return out
}

// number reads a JSON number, or an integer that was not encoded yet.
func number(v any) int64 {
	switch n := v.(type) {
	case json.Number:
		i, err := n.Int64()
		if err != nil {
			f, _ := n.Float64() // a JSON number
			return int64(f)
		}
		return i
	case int64:
		return n
	case int:
		return int64(n)
	}
	return 0
}

func text(v any) string { s, _ := v.(string); return s } // "" is what is wanted then

func sub(doc object, name string) object { o, _ := doc[name].(object); return o } // nil is what is wanted then

// items reads an array of objects.
func items(v any) []object {
	switch list := v.(type) {
	case []object:
		return list
	case []any:
		out := make([]object, 0, len(list))
		for _, x := range list {
			if o, ok := x.(object); ok {
				out = append(out, o)
			}
		}
		return out
	}
	return nil
}

// words reads an array of strings.
func words(v any) []string {
	list, _ := v.([]any) // nil is what is wanted then
	out := make([]string, 0, len(list))
	for _, x := range list {
		out = append(out, text(x))
	}
	return out
}

func key(parts ...any) string {
	var b bytes.Buffer
	for i, p := range parts {
		if i > 0 {
			b.WriteByte('/')
		}
		if n, ok := p.(int64); ok {
			b.WriteString(strconv.FormatInt(n, 10))
			continue
		}
		fmt.Fprint(&b, p)
	}
	return b.String()
}

// decode reads JSON with its numbers as they are written.
func decode(raw []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	return d.Decode(v)
}

// encode writes JSON as GitHub does: without escaping HTML.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, fmt.Errorf("encode: %w", err)
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}
