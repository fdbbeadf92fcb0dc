package audit_test

import (
	"bytes"
	"encoding/json"
	"testing"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/audit"
)

var noon = time.Date(2026, 11, 1, 12, 0, 0, 123456000, time.UTC)

// records are of every form, as they are stored.
func records(tb testing.TB) [][]byte {
	tb.Helper()
	full := audit.Record{
		ID: "019a", At: noon, Actor: "key:ana", Verb: "v", Subject: "executions/x", From: "a", To: "b", Reason: `she said "<ok>" \o/ ü`,
		Decision: "d", Event: "e", Details: map[string]string{"b": "2", "a": "1,\"}", "ü": ""}, Retention: "operations", Index: 7, Salt: "abcd",
	}
	erased, err := full.Erase(noon)
	if err != nil {
		tb.Fatal(err)
	}
	unsealed := full
	unsealed.Index, unsealed.Details = audit.Unsealed, nil
	elsewhere := full
	elsewhere.At = noon.In(time.FixedZone("", 7200))
	var all [][]byte
	for _, r := range []audit.Record{full, erased, unsealed, elsewhere, {At: noon}, {ID: "x", At: noon, Actor: "system:x", Salt: "00"}} {
		text, err := json.Marshal(r)
		if err != nil {
			tb.Fatal(err)
		}
		all = append(all, text)
	}
	return all
}

// leafOf is the leaf of a decoded record.
func leafOf(tb testing.TB, raw []byte) []byte {
	tb.Helper()
	var r audit.Record
	if err := json.Unmarshal(raw, &r); err != nil {
		tb.Fatal(err)
	}
	leaf, err := r.Leaf()
	if err != nil {
		tb.Fatal(err)
	}
	text, err := leaf.Bytes()
	if err != nil {
		tb.Fatal(err)
	}
	return text
}

func TestEntryIsTheRecords(t *testing.T) {
	t.Parallel()
	for _, raw := range records(t) {
		var r audit.Record
		if err := json.Unmarshal(raw, &r); err != nil {
			t.Fatal(err)
		}
		e, err := audit.ReadEntry(raw)
		if err != nil || !bytes.Equal(e.Leaf, leafOf(t, raw)) || e.ID != r.ID || e.Index != r.Index || e.Erased != (r.ErasedAt != nil) {
			t.Errorf("%s\nis read as %+v with leaf %s, %v", raw, e, e.Leaf, err)
		}
		spaced := append([]byte(" "), raw...) // another spelling of the same
		if e, err = audit.ReadEntry(spaced); err != nil || !bytes.Equal(e.Leaf, leafOf(t, raw)) {
			t.Errorf("with a space before it: %s, %v", e.Leaf, err)
		}
	}
	if _, err := audit.ReadEntry([]byte(`{"id":7}`)); err == nil {
		t.Error("what is no record was read")
	}
}

// A document that decodes as something else than its bytes seem to say must not
// pass for the sealed record.
func TestEntryIsNotFooled(t *testing.T) {
	t.Parallel()
	full, erased := records(t)[0], records(t)[1]
	for _, c := range []struct {
		raw      []byte
		old, new string
	}{
		{full, `"salt"`, `"actor":"key:eve","salt"`},
		{full, `"salt"`, `"Actor":"key:eve","salt"`},
		{full, `"retention"`, `"verb":"w","retention"`},
		{full, `,"salt":"abcd"}`, `,"salt":"abcd","commitment":"00"}`},
		{full, `"a":"1`, `"a":"0","a":"1`},
		{full, `"verb":"v"`, `"verb":"w"`},
		{full, `"reason":`, `"reason":"x","reason":`},
		{full, `,"salt":"abcd"}`, `,"salt":"abcd","to":"c"}`},
		{full, `,"index":7`, `,"index":7,"to":"c"`},
		{erased, `"actor":""`, `"actor":"key:eve"`},
		{erased, `,"index":7`, `,"index":7,"salt":"00"`},
		{erased, `,"decision_id"`, `,"reason":"x","decision_id"`},
	} {
		bad := bytes.Replace(c.raw, []byte(c.old), []byte(c.new), 1)
		e, err := audit.ReadEntry(bad)
		if err != nil || bytes.Equal(bad, c.raw) {
			t.Fatalf("%s: %v", bad, err)
		}
		sealed := leafOf(t, c.raw)
		if strict := leafOf(t, bad); bytes.Equal(e.Leaf, sealed) && !bytes.Equal(strict, sealed) {
			t.Errorf("%s\npasses for the sealed record; it decodes as %s", bad, strict)
		}
	}
}

func FuzzReadEntry(f *testing.F) {
	for _, raw := range records(f) {
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		e, err := audit.ReadEntry(raw)
		if err != nil {
			return
		}
		// What passes as a leaf that sealing could have made is what decoding makes.
		var leaf audit.Leaf
		if json.Unmarshal(e.Leaf, &leaf) != nil {
			return
		}
		if canonical, err := leaf.Bytes(); err != nil || !bytes.Equal(canonical, e.Leaf) {
			return
		}
		strict, err := e.Strict()
		if err == nil && !bytes.Equal(strict.Leaf, e.Leaf) && strict.Erased == e.Erased {
			// The commitment of another spelling differs; nothing else may.
			var other audit.Leaf
			if json.Unmarshal(strict.Leaf, &other) == nil {
				other.Personal = leaf.Personal
				if same, _ := other.Bytes(); bytes.Equal(same, e.Leaf) {
					return
				}
			}
			t.Errorf("%s\nis cut as %s\nand decoded as %s", raw, e.Leaf, strict.Leaf)
		}
	})
}
