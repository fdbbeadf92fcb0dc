package condition

import (
	"regexp"
	"regexp/syntax"
	"strings"
)

// pattern returns the test of a regular expression. Looking for text that each
// match has to contain costs a tenth of running the expression and answers
// most events.
func pattern(source string) (func(string) bool, error) {
	re, err := regexp.Compile(source)
	if err != nil {
		return nil, err //nolint:wrapcheck // the caller lets CEL say it
	}
	need := required(source)
	return func(s string) bool { return strings.Contains(s, need) && re.MatchString(s) }, nil
}

// required returns the longest literal text that is in every match, or "".
func required(source string) string {
	tree, err := syntax.Parse(source, syntax.Perl)
	if err != nil {
		return ""
	}
	return literal(tree.Simplify())
}

func literal(tree *syntax.Regexp) string {
	switch {
	case tree.Op == syntax.OpLiteral && tree.Flags&syntax.FoldCase == 0:
		return string(tree.Rune)
	case tree.Op == syntax.OpCapture || tree.Op == syntax.OpPlus:
		return literal(tree.Sub[0])
	case tree.Op == syntax.OpConcat:
		best := ""
		for _, sub := range tree.Sub {
			if l := literal(sub); len(l) > len(best) {
				best = l
			}
		}
		return best
	}
	return ""
}
