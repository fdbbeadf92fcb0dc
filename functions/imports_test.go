package functions_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/InfinityXOneSystems/infinity-matrix/"

// registrations are the packages that choose drivers for all others.
var registrations = []string{"emulators/local", "emulators/sim", "shared/function/machine"}

// isDriver reports whether pkg is a driver: a folder of a port, but for the
// suite and what is internal.
func isDriver(pkg string) bool {
	parts := strings.Split(pkg, "/")
	return len(parts) == 3 && parts[0] == "shared" &&
		slices.Contains([]string{"store", "bus", "task", "blob", "secret"}, parts[1]) &&
		!strings.HasSuffix(parts[2], "test") && parts[2] != "internal"
}

// functionOf names the function that pkg is part of, or "".
func functionOf(pkg string) string {
	rest, ok := strings.CutPrefix(pkg, "functions/")
	if !ok {
		return ""
	}
	name, _, _ := strings.Cut(rest, "/")
	return name
}

// broken says which import rule an import breaks, or "". Tests may choose
// drivers, and the tests of a shared package may not use a function either.
func broken(from, to string, test bool) string {
	inFunctions := to == "functions" || strings.HasPrefix(to, "functions/")
	switch f := functionOf(from); {
	case f != "" && functionOf(to) != "" && f != functionOf(to):
		return "a function never imports another function"
	case strings.HasPrefix(from, "shared/") && inFunctions:
		return "a shared package never imports a function"
	case isDriver(to) && !test && from != to && !slices.Contains(registrations, from):
		return "a driver is imported by " + strings.Join(registrations, " and ") + " only; take the port"
	}
	return ""
}

func TestImportRules(t *testing.T) {
	t.Parallel()
	chosen := 0
	for _, file := range goFiles(t, "..") {
		from := path.Dir(file)
		for _, to := range importsOf(t, file) {
			if isDriver(to) {
				chosen++
			}
			if rule := broken(from, to, strings.HasSuffix(file, "_test.go")); rule != "" {
				t.Errorf("%s imports %s: %s", file, to, rule)
			}
		}
	}
	if chosen == 0 {
		t.Error("no import of a driver was seen: the walk missed the code, or drivers have moved")
	}
}

// goFiles returns the module's Go files below root, with slashes.
func goFiles(t *testing.T, root string) []string {
	t.Helper()
	var files []string
	err := fs.WalkDir(os.DirFS(root), ".", func(file string, e fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case e.IsDir() && file != "." && (strings.HasPrefix(e.Name(), ".") || e.Name() == "testdata" || isModule(filepath.Join(root, file))):
			return fs.SkipDir
		case !e.IsDir() && strings.HasSuffix(file, ".go"):
			files = append(files, file)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// importsOf returns the packages of this module that file imports.
func importsOf(t *testing.T, file string) []string {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), filepath.Join("..", file), nil, parser.ImportsOnly)
	if err != nil {
		t.Fatal(err)
	}
	var ours []string
	for _, spec := range parsed.Imports {
		name, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			t.Fatal(err)
		}
		if pkg, ok := strings.CutPrefix(name, module); ok {
			ours = append(ours, pkg)
		}
	}
	return ours
}

// isModule reports whether dir has a go.mod of its own, as the benchmarks do.
func isModule(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, "go.mod"))
	return err == nil
}

func TestImportRulesFindWhatBreaksThem(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		from, to  string
		test, bad bool
	}{
		{"functions/decide", "functions/execute", false, true},
		{"functions/decide", "functions/execute", true, true},
		{"functions/decide/cmd", "functions/decide", false, false},
		{"shared/bus", "functions", false, true},
		{"shared/bus", "functions/decide", true, true},
		{"functions/decide", "shared/store/memory", false, true},
		{"functions/decide", "shared/store/memory", true, false},
		{"shared/function/machine", "shared/bus/embedded", false, false},
		{"shared/decision", "shared/store", false, false},
		{"shared/store/memory", "shared/store/internal/docstore", false, false},
	} {
		if got := broken(c.from, c.to, c.test); (got != "") != c.bad {
			t.Errorf("%s imports %s (test: %v): got %q, want broken = %v", c.from, c.to, c.test, got, c.bad)
		}
	}
}
