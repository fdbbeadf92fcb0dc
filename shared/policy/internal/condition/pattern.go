package condition

import (
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
	"unicode/utf8"
)

// pattern returns the test of a regular expression, and the letters of all its
// matches, which rule out most short texts. In a long one, looking for texts
// that each match has to contain costs a tenth of running the expression.
func pattern(source string) (func(string) bool, Letters, error) {
	var letters Letters
	re, err := regexp.Compile(source)
	if err != nil {
		return nil, letters, err //nolint:wrapcheck // the caller lets CEL say it
	}
	need := required(source)
	for _, t := range need {
		letters = letters.and(lettersIn(t))
	}
	return func(s string) bool {
		return (len(s) <= maxLetters || inOrder(s, need)) && re.MatchString(s)
	}, letters, nil
}

// inOrder says whether s holds all texts, one after the other.
func inOrder(s string, texts []string) bool {
	for _, t := range texts {
		at := strings.Index(s, t)
		if at < 0 {
			return false
		}
		s = s[at+len(t):]
	}
	return true
}

// required returns the literal texts that are in every match, in their order.
func required(source string) []string {
	tree, err := syntax.Parse(source, syntax.Perl)
	if err != nil {
		return nil
	}
	return literals(tree.Simplify(), nil)
}

// U+FFFD is left out: it also matches what is no UTF-8.
func literals(tree *syntax.Regexp, out []string) []string {
	switch {
	case tree.Op == syntax.OpLiteral && tree.Flags&syntax.FoldCase == 0 && !slices.Contains(tree.Rune, utf8.RuneError):
		return append(out, string(tree.Rune))
	case tree.Op == syntax.OpCapture || tree.Op == syntax.OpPlus:
		return literals(tree.Sub[0], out)
	case tree.Op == syntax.OpConcat:
		for _, sub := range tree.Sub {
			out = literals(sub, out)
		}
	}
	return out
}
