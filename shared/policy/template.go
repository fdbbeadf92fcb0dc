package policy

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/policy/internal/condition"
)

// template makes an argument from an event.
type template func(f *condition.Facts) (any, error)

// piece is literal text, or an expression; offset is where it begins.
type piece struct {
	text       string
	expression bool
	offset     int
}

var errOpen = errors.New(`"${" is not closed; write "$${" for the two characters themselves`)

// cut takes text apart at ${ }; "$${" stands for a literal "${".
func cut(s string) ([]piece, error) {
	var out []piece
	var text strings.Builder
	for i := 0; i < len(s); {
		switch {
		case strings.HasPrefix(s[i:], "$${"):
			text.WriteString("${")
			i += 3
		case strings.HasPrefix(s[i:], "${"):
			n := closing(s[i+2:])
			if n < 0 {
				return nil, errOpen
			}
			if text.Len() > 0 {
				out = append(out, piece{text: text.String()})
				text.Reset()
			}
			out = append(out, piece{text: s[i+2 : i+2+n], expression: true, offset: i + 2})
			i += n + 3
		default:
			text.WriteByte(s[i])
			i++
		}
	}
	if text.Len() > 0 || len(out) == 0 {
		out = append(out, piece{text: text.String()})
	}
	return out, nil
}

// closing returns where the brace that closes an expression is, or -1.
func closing(s string) int {
	depth, quote := 0, byte(0)
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case quote != 0 && c == '\\':
			i++
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '{':
			depth++
		case c == '}':
			if depth == 0 {
				return i
			}
			depth--
		}
	}
	return -1
}

// plainText returns the text of pieces without an expression.
func plainText(pieces []piece) (string, bool) {
	if len(pieces) == 1 && !pieces[0].expression {
		return pieces[0].text, true
	}
	return "", false
}

// join makes text of parts; null is no text.
func join(parts []template) template {
	return func(f *condition.Facts) (any, error) {
		var b strings.Builder
		for _, p := range parts {
			v, err := p(f)
			if err != nil {
				return nil, err
			}
			switch v := v.(type) {
			case nil:
			case string:
				b.WriteString(v)
			case int64:
				b.WriteString(strconv.FormatInt(v, 10))
			default:
				raw, err := json.Marshal(v)
				if err != nil {
					return nil, fmt.Errorf("write %v as text: %w", v, err)
				}
				b.Write(raw)
			}
		}
		return b.String(), nil
	}
}

func fixed(v any) template {
	return func(*condition.Facts) (any, error) { return v, nil }
}
