package github

import (
	"encoding/json"
	"regexp"
	"strconv"
	"strings"
)

// rewrite gives what a payload speaks of new names, wherever they occur in it.
type rewrite struct {
	words   *strings.Replacer      // SHAs and long ids within strings
	numbers map[string]json.Number // long ids
	old     []string               // pairs of words, old and new
}

func (w *rewrite) id(old, fresh int64) {
	from, to := strconv.FormatInt(old, 10), strconv.FormatInt(fresh, 10)
	if len(from) < 6 { // too short to be told from other numbers
		return
	}
	if w.numbers == nil {
		w.numbers = map[string]json.Number{}
	}
	w.numbers[from] = json.Number(to)
	w.old = append(w.old, from, to)
}

func (w *rewrite) word(old, fresh string) {
	if len(old) >= 7 && strings.Trim(old, "0") != "" {
		w.old = append(w.old, old, fresh)
	}
}

// apply returns v with the new names.
func (w *rewrite) apply(v any) any {
	w.words = strings.NewReplacer(w.old...)
	return each(v, func(x any) any {
		switch x := x.(type) {
		case string:
			return w.words.Replace(x)
		case json.Number:
			if to, known := w.numbers[x.String()]; known {
				return to
			}
		}
		return x
	})
}

// each returns a copy of v whose leaves went through f.
func each(v any, f func(any) any) any {
	switch v := v.(type) {
	case object:
		out := make(object, len(v))
		for name, x := range v {
			out[name] = each(x, f)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, x := range v {
			out[i] = each(x, f)
		}
		return out
	}
	return f(v)
}

var numbered = regexp.MustCompile(`/(issues|pulls|pull)/(\d+)(\D|$)`)

// renumber changes an issue's number in all addresses.
func renumber(v any, old, fresh int64) any {
	from, to := strconv.FormatInt(old, 10), strconv.FormatInt(fresh, 10)
	return each(v, func(x any) any {
		s, isText := x.(string)
		if !isText {
			return x
		}
		return numbered.ReplaceAllStringFunc(s, func(m string) string {
			p := numbered.FindStringSubmatch(m)
			if p[2] != from {
				return m
			}
			return "/" + p[1] + "/" + to + p[3]
		})
	})
}
