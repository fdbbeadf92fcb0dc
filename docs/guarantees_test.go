// Package docs_test holds the documents to the repository that they speak of.
package docs_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	command = regexp.MustCompile("`go test -run '\\^(Test[A-Za-z0-9_]+)\\$' ((?:\\./[a-z0-9/]+ ?)+)`")
	link    = regexp.MustCompile(`\]\(([^)#]+)\)`)
)

// TestGuarantees: each row of the table names a command, each command's tests
// are there in each of its packages, and so is each file that it links to.
func TestGuarantees(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("guarantees.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := 0
	for line := range strings.Lines(string(text)) {
		for _, to := range link.FindAllStringSubmatch(line, -1) {
			if _, err := os.Stat(to[1]); err != nil {
				t.Errorf("a link leads nowhere: %v", err)
			}
		}
		if !strings.HasPrefix(line, "| ") || strings.HasPrefix(line, "| promise") {
			continue
		}
		rows++
		commands := command.FindAllStringSubmatch(line, -1)
		if len(commands) == 0 || len(commands) != strings.Count(line, "`go test") {
			t.Errorf("%d commands can be read, of %d in: %s", len(commands), strings.Count(line, "`go test"), line)
		}
		for _, c := range commands {
			for folder := range strings.FieldsSeq(c[2]) {
				if !tests(t, filepath.Join("..", folder))[c[1]] {
					t.Errorf("%s has no test %s; of: %s", folder, c[1], line)
				}
			}
		}
	}
	if rows < 30 {
		t.Errorf("the table has %d rows that can be read", rows)
	}
}

// tests returns the names of the test functions in a folder.
func tests(t *testing.T, folder string) map[string]bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	for _, file := range files {
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range parsed.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil && strings.HasPrefix(f.Name.Name, "Test") {
				names[f.Name.Name] = true
			}
		}
	}
	return names
}
