package audit

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
)

// Entry is what verifying needs of a stored record: its place, and the text of
// its leaf.
type Entry struct {
	ID     string
	Index  int64
	Erased bool
	Leaf   []byte
	Raw    []byte // the document

	cut bool // Leaf was put together from the document's bytes
}

// ReadEntry reads a stored record. One that is written as encoding/json writes
// it is not decoded: its leaf is made of the document's own bytes, at a tenth of
// the cost. Such a leaf that equals a sealed one is the record's; one that does
// not may still differ in spelling only, which Strict finds out.
func ReadEntry(raw []byte) (Entry, error) {
	if e, ok := cutEntry(raw); ok {
		return e, nil
	}
	return Entry{Raw: raw}.Strict()
}

// Strict returns e with the leaf of the decoded record.
func (e Entry) Strict() (Entry, error) {
	if e.Leaf != nil && !e.cut {
		return e, nil
	}
	r, err := e.Record()
	if err != nil {
		return e, err
	}
	leaf, err := r.Leaf()
	if err != nil {
		return e, err
	}
	text, err := leaf.Bytes()
	return Entry{ID: r.ID, Index: r.Index, Erased: r.ErasedAt != nil, Leaf: text, Raw: e.Raw}, err
}

// Record decodes the document.
func (e Entry) Record() (Record, error) {
	var r Record
	if err := json.Unmarshal(e.Raw, &r); err != nil {
		return r, fmt.Errorf("decode audit record %s: %w", e.ID, err)
	}
	return r, nil
}

// cutEntry makes an entry of a document with exactly the members of Record, in
// their order, without spaces. No other text passes: one with a member twice,
// or of another case, has to be decoded.
func cutEntry(raw []byte) (Entry, bool) {
	c := cutter{rest: raw}
	id, at := c.need(`{"id":`), c.need(`,"recorded_at":`)
	actor, verb, subject := c.need(`,"actor":`), c.need(`,"verb":`), c.need(`,"subject":`)
	from, to, reason := c.may(`,"from":`), c.may(`,"to":`), c.may(`,"reason":`)
	decision, event := c.may(`,"decision_id":`), c.may(`,"event_id":`)
	details := c.details(`,"details":`)
	retention, index := c.need(`,"retention":`), c.number(`,"index":`)
	salt, commitment, erased := c.may(`,"salt":`), c.may(`,"commitment":`), c.may(`,"erased_at":`)
	if c.bad || string(c.rest) != "}" || !bytes.HasSuffix(at, []byte(`Z"`)) || bytes.IndexByte(id, '\\') >= 0 {
		return Entry{}, false
	}
	e := Entry{ID: string(id[1 : len(id)-1]), Index: index, Erased: erased != nil, Raw: raw, cut: true}
	b := make([]byte, 0, len(raw)+64)
	for _, m := range []member{
		{`{"id":`, id},
		{`,"at":`, at},
		{`,"verb":`, verb},
		{`,"subject":`, subject},
		{`,"from":`, from},
		{`,"to":`, to},
		{`,"decision":`, decision},
		{`,"event":`, event},
		{`,"retention":`, retention},
	} {
		if m.value != nil {
			b = append(append(b, m.name...), m.value...)
		}
	}
	b = append(b, `,"personal":`...)
	if commitment != nil {
		if salt != nil || reason != nil || details != nil || string(actor) != `""` {
			return Entry{}, false // fields beside a kept commitment were put there afterwards
		}
		e.Leaf = append(append(b, commitment...), '}')
		return e, true
	}
	if bytes.IndexByte(salt, '\\') >= 0 {
		return Entry{}, false
	}
	e.Leaf = append(append(append(b, '"'), commit(salt, actor, reason, details)...), `"}`...)
	return e, true
}

type member struct {
	name  string
	value []byte
}

// commit is Record.commitment of the values as they are written.
func commit(salt, actor, reason, details []byte) []byte {
	if salt != nil {
		salt = salt[1 : len(salt)-1]
	}
	if reason == nil {
		reason = []byte(`""`)
	}
	if details == nil {
		details = []byte("null")
	}
	mac := hmac.New(sha256.New, salt)
	text := make([]byte, 0, 256)
	text = append(append(text, `{"Actor":`...), actor...)
	text = append(append(text, `,"Reason":`...), reason...)
	text = append(append(text, `,"Details":`...), details...)
	mac.Write(append(text, '}')) // a hash never fails
	return hex.AppendEncode(nil, mac.Sum(make([]byte, 0, sha256.Size)))
}

// cutter takes an object's members off its text, one after the other.
type cutter struct {
	rest []byte
	bad  bool
}

// may takes a string, if the next member has that name; the quotes stay.
func (c *cutter) may(name string) []byte {
	if !bytes.HasPrefix(c.rest, []byte(name)) {
		return nil
	}
	return c.take(len(name), text(c.rest[len(name):]))
}

func (c *cutter) need(name string) []byte {
	v := c.may(name)
	c.bad = c.bad || v == nil
	return v
}

// take takes the name, and the value of n bytes; 0 is none.
func (c *cutter) take(name, n int) []byte {
	if n == 0 {
		c.bad = true
		return nil
	}
	v := c.rest[name : name+n]
	c.rest = c.rest[name+n:]
	return v
}

func (c *cutter) number(name string) int64 {
	if !bytes.HasPrefix(c.rest, []byte(name)) {
		c.bad = true
		return 0
	}
	n := bytes.IndexAny(c.rest[len(name):], ",}")
	digits := c.take(len(name), max(n, 0))
	v, err := strconv.ParseInt(string(digits), 10, 64)
	c.bad = c.bad || err != nil
	return v
}

// details takes an object of strings.
func (c *cutter) details(name string) []byte {
	if !bytes.HasPrefix(c.rest, []byte(name)) {
		return nil
	}
	b := c.rest[len(name):]
	for n := 0; n < len(b) && (n == 0 && b[n] == '{' || n > 0 && b[n] == ','); {
		key := text(b[n+1:])
		if n += 1 + key; key == 0 || n >= len(b) || b[n] != ':' {
			break
		}
		value := text(b[n+1:])
		if n += 1 + value; value == 0 || n >= len(b) {
			break
		}
		if b[n] == '}' {
			return c.take(len(name), n+1)
		}
	}
	return c.take(len(name), 0)
}

// text returns the length of the string that b begins with, quotes included; 0
// if there is none.
func text(b []byte) int {
	if len(b) == 0 || b[0] != '"' {
		return 0
	}
	for i := 1; i < len(b); i++ {
		switch b[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return 0
}
