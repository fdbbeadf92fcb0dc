package jsonscan_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/go-cmp/cmp"

	"github.com/InfinityXOneSystems/infinity-matrix/emulators/github/payloads"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/jsonscan"
)

func TestScanShowsTwoLevels(t *testing.T) {
	t.Parallel()
	in := ` {"a": 1, "b": {"c": [ {"d": 0} ], "\u0065": "x\n", "f": {"g": 1}}, "h": [{"i": 1}], "": {}} `
	var got []string
	err := jsonscan.Scan([]byte(in), func(parent, name, value []byte) {
		got = append(got, fmt.Sprintf("%s/%s=%s", parent, name, value))
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"/a=1", `b/c=[ {"d": 0} ]`, `b/e="x\n"`, `b/f={"g": 1}`,
		`/b={"c": [ {"d": 0} ], "\u0065": "x\n", "f": {"g": 1}}`, `/h=[{"i": 1}]`, "/={}",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if err := jsonscan.Scan([]byte(`[{"a":1}]`), func(_, name, _ []byte) { t.Errorf("visited %s of an array", name) }); err != nil {
		t.Error(err)
	}
}

func TestScanRefuses(t *testing.T) {
	t.Parallel()
	many := make([]string, 200)
	for i := range many {
		many[i] = fmt.Sprintf(`"k%d":0`, i)
	}
	flat := strings.Join(many, ",")
	tests := map[string]struct {
		in, what string
		offset   int
	}{
		"nothing":                {"", "JSON ends early", 0},
		"white space":            {" \n", "JSON ends early", 2},
		"ends in an object":      {`{"a":1`, "JSON ends early", 6},
		"ends in a string":       {`{"a":"b`, "JSON ends early", 7},
		"ends in a literal":      {`tru`, "JSON ends early", 3},
		"ends in an escape":      {`"\u00`, "JSON ends early", 5},
		"literal misspelt":       {`[nuLl]`, "JSON literal misspelt", 3},
		"trailing comma, object": {`{"a":1,}`, "member name expected", 7},
		"trailing comma, array":  {`[1,]`, "JSON value expected", 3},
		"two values":             {`{} {}`, "more data after the JSON value", 3},
		"duplicate":              {`{"a":1,"a":2}`, "duplicate member name", 7},
		"duplicate, escaped":     {`{"a":1,"\u0061":2}`, "duplicate member name", 7},
		"duplicate, deep":        {`{"x":[{"y":{"a":1,"b":0,"a":2}}]}`, "duplicate member name", 24},
		"duplicate among many":   {`{` + flat + `,"k150":1}`, "duplicate member name", len(flat) + 2},
		"duplicate of an early":  {`{` + flat + `,"k3":1}`, "duplicate member name", len(flat) + 2},
		"bad UTF-8":              {"{\"a\":\"\xff\"}", "bytes that are not UTF-8", 6},
		"bad UTF-8 after text":   {"\"12345678é\xc3(\"", "bytes that are not UTF-8", 11},
		"lone surrogate":         {`"\ud800"`, "lone surrogate in a string", 1},
		"control":                {"\"abcdefghij\x01\"", "control character in a string", 11},
		"unknown escape":         {`"\x"`, "unknown escape in a string", 2},
		"bad hexadecimal":        {`"\u00g0"`, "hexadecimal digit expected", 5},
		"leading zero":           {`01`, "more data after the JSON value", 1},
		"bare minus":             {`[-]`, "digit expected", 2},
		"fraction without digit": {`[1.]`, "digit expected", 3},
		"exponent without digit": {`[1e+]`, "digit expected", 4},
		"no colon":               {`{"a" 1}`, "':' expected", 5},
		"no comma":               {`[1 2]`, "',' or ']' expected", 3},
		"too deep, arrays":       {strings.Repeat("[", 10_000) + strings.Repeat("]", 10_000), "JSON nested deeper than 512 levels", 512},
		"too deep, objects":      {strings.Repeat(`{"a":`, 10_000), "JSON nested deeper than 512 levels", 5 * 512},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := jsonscan.Scan([]byte(tt.in), nil)
			syntax, ok := errors.AsType[*jsonscan.SyntaxError](err)
			if !ok {
				t.Fatalf("got %v, want a SyntaxError", err)
			}
			if diff := cmp.Diff(&jsonscan.SyntaxError{Offset: tt.offset, What: tt.what}, syntax); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestScanTakesTheDeepestAllowed(t *testing.T) {
	t.Parallel()
	in := strings.Repeat("[", jsonscan.MaxDepth) + strings.Repeat("]", jsonscan.MaxDepth)
	if err := jsonscan.Scan([]byte(in), nil); err != nil {
		t.Error(err)
	}
}

func TestScanTakesEveryPayload(t *testing.T) {
	t.Parallel()
	all, err := payloads.All()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range all {
		got := map[string]json.RawMessage{}
		if err := jsonscan.Scan(p.Body, func(parent, name, value []byte) {
			if parent == nil {
				got[string(name)] = value
			}
		}); err != nil {
			t.Errorf("%s: %v", p.Name(), err)
		}
		var want map[string]json.RawMessage
		if err := json.Unmarshal(p.Body, &want); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", p.Name(), diff)
		}
	}
}

func TestScalars(t *testing.T) {
	t.Parallel()
	if got := jsonscan.String([]byte(`"a\u00e9\"b"`)); got != `aé"b` {
		t.Errorf("String = %q", got)
	}
	for in, want := range map[string]int64{"12": 12, "-3": -3, "1.5": 0, `"1"`: 0, "9223372036854775807": 1<<63 - 1, "9223372036854775808": 0} {
		if got := jsonscan.Int([]byte(in)); got != want {
			t.Errorf("Int(%s) = %d, want %d", in, got, want)
		}
	}
	for _, in := range []string{"", "null", "1"} {
		if got := jsonscan.String([]byte(in)); got != "" {
			t.Errorf("String(%s) = %q, want nothing", in, got)
		}
	}
}

// FuzzScan compares with jsontext, which takes I-JSON too but is deeper.
func FuzzScan(f *testing.F) {
	for _, seed := range []string{
		`{"a":[1,-0.5e+3,true,false,null,"é\u00e9\ud83d\ude00"],"b":{"c":{}}}`, `{"a":1,"a":2}`, "\"\xff\"", `"\ud800\u0000"`, `[1,]`, " 0 ", `{"a":"12345678\"12345678"}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		before := bytes.Clone(in)
		err := jsonscan.Scan(in, func(_, _, value []byte) {
			if !jsontext.Value(value).IsValid() {
				t.Errorf("the value %q of a member is not JSON", value)
			}
		})
		if !bytes.Equal(before, in) {
			t.Error("the input was changed")
		}
		if err != nil && strings.Contains(err.Error(), "deeper") {
			return
		}
		if want := jsontext.Value(in).IsValid(); want != (err == nil) {
			t.Errorf("Scan says %v, jsontext valid = %t", err, want)
		}
	})
}

func BenchmarkScan(b *testing.B) {
	for _, e := range []string{"push", "pull_request"} {
		p, err := payloads.Find(e, "")
		if err != nil {
			b.Fatal(err)
		}
		b.Run(e, func(b *testing.B) {
			b.SetBytes(int64(len(p.Body)))
			b.ReportAllocs()
			for b.Loop() {
				if err := jsonscan.Scan(p.Body, func(_, _, _ []byte) {}); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(e+"/jsontext", func(b *testing.B) {
			b.SetBytes(int64(len(p.Body)))
			for b.Loop() {
				if !jsontext.Value(p.Body).IsValid() {
					b.Fatal("not valid")
				}
			}
		})
	}
}
