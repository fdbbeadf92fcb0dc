package condition

// Letters say roughly which bytes and pairs of bytes a text has: what is not
// in them is not in the text. Two words answer for a short text, made once an
// event, what would take a search for each of the texts that are looked for.
type Letters struct{ ones, pairs uint64 }

// maxLetters is how long a text may be: nearly all pairs would be in a longer
// one, and making them would cost more than it saves.
const maxLetters = 128

// LettersOf returns the letters of v; of what is no short text, all letters,
// since nothing is known to be missing.
func LettersOf(v any) Letters {
	s, ok := v.(string)
	if !ok || len(s) > maxLetters {
		return Letters{^uint64(0), ^uint64(0)}
	}
	return lettersIn(s)
}

func lettersIn(s string) Letters {
	var l Letters
	last := byte(0)
	for i := range len(s) {
		b := s[i]
		l.ones |= 1 << (b&31 | b>>1&32) // A and a are one, a digit and a letter are not
		if i > 0 {
			l.pairs |= 1 << ((last*31 + b) & 63)
		}
		last = b
	}
	return l
}

// Lack says whether a text that has l cannot hold one that needs all of need.
func (l Letters) Lack(need Letters) bool {
	return need.ones&^l.ones|need.pairs&^l.pairs != 0
}

func (l Letters) and(m Letters) Letters { return Letters{l.ones | m.ones, l.pairs | m.pairs} }
