package order_test

import (
	"bytes"
	"cmp"
	"encoding/json"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/store/internal/order"
)

// sorted holds values of one field in the order that Firestore gives them.
var sorted = []string{
	`null`, `false`, `true`,
	`-1e300`, `-9223372036854775808`, `-9007199254740993`, `-9007199254740992`, `-2`, `-1.5`, `-0.0`, `1e-300`, `1`, `1.5`, `2`,
	`9007199254740992`, `9007199254740993`, `9223372036854775806`, `9223372036854775807`, `1e300`,
	`""`, `"\u0000"`, `"\u0000a"`, `"\u0001"`, `"a"`, `"a\u0000"`, `"a\u0000\u0000"`, `"a\u0001"`, `"ab"`, `"b"`, `"é"`, `"日本"`,
}

func encode(tb testing.TB, field, value string) []byte {
	tb.Helper()
	b, ok := order.Field(nil, []byte(`{"other":{"`+field+`":1},"`+field+`":`+value+`}`), field)
	if !ok {
		tb.Fatalf("%s is in no index", value)
	}
	return b
}

func TestEncodingsSortAsValuesDo(t *testing.T) {
	t.Parallel()
	for i, a := range sorted {
		for j, b := range sorted {
			if got := bytes.Compare(encode(t, "f", a), encode(t, "f", b)); got != cmp.Compare(i, j) {
				t.Errorf("%s against %s: %d, want %d", a, b, got, cmp.Compare(i, j))
			}
		}
	}
}

func TestTimesSortByInstantBeforeStrings(t *testing.T) {
	t.Parallel()
	times := []string{
		`7`, `"0001-01-01T00:00:00Z"`, `"1969-12-31T23:59:59.999999Z"`, `"2026-01-01T13:30:00+02:00"`,
		`"2026-01-01T12:00:00Z"`, `"2026-01-01T12:00:00.000001Z"`, `"2026-01-01T10:00:01-02:00"`, `"9999-12-31T23:59:59Z"`, `"2026"`,
	}
	if !slices.IsSortedFunc(times, func(a, b string) int { return bytes.Compare(encode(t, "x_at", a), encode(t, "x_at", b)) }) {
		t.Error("times are out of order")
	}
	if bytes.Compare(encode(t, "x", `"2026-01-01T13:30:00+02:00"`), encode(t, "x", `"2026-01-01T12:00:00Z"`)) < 0 {
		t.Error("a field that is not named *_at was taken for a time")
	}
}

func TestFilterValuesMeetFields(t *testing.T) {
	t.Parallel()
	noon := time.Date(2026, 1, 1, 12, 0, 0, 1000, time.FixedZone("", 3600))
	for value, filter := range map[string]any{
		`null`: nil, `true`: true, `7`: 7, `7.0`: 7, `8`: 8.0, `9007199254740993`: int64(9007199254740993),
		`9223372036854775807`: int64(math.MaxInt64), `"a\u0000"`: "a\x00", `"2026-01-01T11:00:00.000001Z"`: noon,
	} {
		want, err := order.Value(nil, filter)
		if got := encode(t, "f_at", value); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s is %x, the filter %v is %x, %v", value, got, filter, want, err)
		}
	}
	if _, err := order.Value(nil, []int{1}); err == nil {
		t.Error("a list was taken as a filter's value")
	}
}

func TestWhatNoIndexHolds(t *testing.T) {
	t.Parallel()
	for _, doc := range []string{`{}`, `{"g":1}`, `{"f":{}}`, `{"f":[1]}`, `{"g":{"f":1}}`} {
		if b, ok := order.Field([]byte("x"), []byte(doc), "f"); ok || string(b) != "x" {
			t.Errorf("%s gave %x, %t", doc, b, ok)
		}
	}
}

// FuzzStrings: whatever the strings are, order and length are right.
func FuzzStrings(f *testing.F) {
	f.Add("a", "a\x00", "id")
	f.Add("\x00\xff", "\x00", "\x00")
	f.Fuzz(func(t *testing.T, a, b, id string) {
		x, err := order.Value(nil, a)
		if err != nil {
			t.Fatal(err)
		}
		y, err := order.Value(nil, b)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Compare(x, y) != cmp.Compare(a, b) {
			t.Errorf("%q and %q are out of order", a, b)
		}
		if n := order.Len(append(slices.Clone(x), id...)); n != len(x) {
			t.Errorf("%q has length %d, want %d", a, n, len(x))
		}
	})
}

// FuzzField: any JSON gives an encoding of the length that Len tells, or none.
func FuzzField(f *testing.F) {
	for _, value := range sorted {
		f.Add([]byte(`{"x_at":` + value + `}`))
	}
	f.Fuzz(func(t *testing.T, doc []byte) {
		if !json.Valid(doc) {
			t.Skip("no JSON: the store never holds it")
		}
		if b, ok := order.Field(nil, doc, "x_at"); ok && order.Len(b) != len(b) {
			t.Errorf("%s gave %x, whose length is told as %d", doc, b, order.Len(b))
		}
	})
}
