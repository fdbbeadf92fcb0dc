// Package suggest finds what may have been meant by a misspelt name.
package suggest

import (
	"fmt"
	"slices"
)

// Closest returns `did you mean "x"?` for the name nearest to word, or "" if
// none is near.
func Closest(word string, names []string) string {
	best, at := "", max(2, len(word)/3)+1
	for _, n := range slices.Sorted(slices.Values(names)) {
		if d := distance(word, n); d < at {
			best, at = n, d
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf("did you mean %q?", best)
}

// distance is Levenshtein's.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		last := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := last
			if a[i] != b[j] {
				cost = 1 + min(last, row[j], row[j+1])
			}
			last, row[j+1] = row[j+1], cost
		}
	}
	return row[len(b)]
}
