package view_test

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/InfinityXOneSystems/infinity-matrix/scripts/infinity/internal/view"
)

func TestAge(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	for d, want := range map[time.Duration]string{
		0: "0s", 59 * time.Second: "59s", 60 * time.Second: "1m", 59*time.Minute + 59*time.Second: "59m",
		time.Hour: "1h", 47 * time.Hour: "47h", 48 * time.Hour: "2d", -5 * time.Minute: "in 5m", -time.Millisecond: "0s",
	} {
		if got := view.Age(now, now.Add(-d)); got != want {
			t.Errorf("%s ago is %q, want %q", d, got, want)
		}
	}
	if got := view.Age(now, time.Time{}); got != "" {
		t.Errorf("no time is %q", got)
	}
}

func FuzzFit(f *testing.F) {
	f.Add("a crash\x1b[2J", 8)
	f.Add("\u202egnp.exe", 20)
	f.Add("äöü\n\xff", 3)
	f.Fuzz(func(t *testing.T, text string, width int) {
		width = 1 + (width%100+100)%100
		got := view.Fit(text, width)
		if n := utf8.RuneCountInString(got); n > width || !utf8.ValidString(got) {
			t.Errorf("%q has %d characters, want at most %d", got, n, width)
		}
		if strings.ContainsAny(got, "\n\r\t\x1b\x7f\u009b\u202e\u2066") {
			t.Errorf("%q would drive a terminal", got)
		}
	})
}

func TestTable(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	table := view.NewTable(&b, false, view.Col("ID", 4), view.Col("NAME", 6))
	for _, row := range [][]string{{"ä", "short"}, {"abcdef", "toolong"}, {"", ""}} {
		if err := table.Row(row...); err != nil {
			t.Fatal(err)
		}
	}
	want := "ID    NAME\nä     short\nabc…  toolo…\n\n"
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Error(diff)
	}
}

func TestPaintKeepsTheWidth(t *testing.T) {
	t.Parallel()
	var plain, painted strings.Builder
	for w, paint := range map[*strings.Builder]view.Paint{&plain: false, &painted: true} {
		table := view.NewTable(w, paint, view.Col("STATE", 9), view.Col("X", 1))
		if err := table.Row("failed", "y"); err != nil {
			t.Fatal(err)
		}
	}
	stripped := strings.NewReplacer("\x1b[31m", "", "\x1b[2m", "", "\x1b[0m", "").Replace(painted.String())
	if stripped != plain.String() || stripped == painted.String() {
		t.Errorf("painted %q, plain %q", painted.String(), plain.String())
	}
}

func TestTree(t *testing.T) {
	t.Parallel()
	tree := view.Tree{Text: "a", Children: []view.Tree{{Text: "b", Children: []view.Tree{{Text: "c"}}}, {Text: "d", Children: []view.Tree{{Text: "e"}}}}}
	want := "a\n├─ b\n│  └─ c\n└─ d\n   └─ e\n"
	if diff := cmp.Diff(want, tree.Draw()); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff("  a\n  b", view.Indent("a\nb\n", "  ")); diff != "" {
		t.Error(diff)
	}
}
