package jsonscan

func (s *scanner) number() error {
	at := s.pos
	if s.data[at] == '-' {
		at++
	}
	switch start := at; {
	case at >= len(s.data) || s.data[at] < '0' || s.data[at] > '9':
		return s.fail(at, "digit expected")
	case s.data[at] == '0':
		at++
	default:
		at = s.digits(start)
	}
	var ok bool
	if at < len(s.data) && s.data[at] == '.' {
		if at, ok = s.some(at + 1); !ok {
			return s.fail(at, "digit expected")
		}
	}
	if at < len(s.data) && s.data[at]|0x20 == 'e' {
		at++
		if at < len(s.data) && (s.data[at] == '+' || s.data[at] == '-') {
			at++
		}
		if at, ok = s.some(at); !ok {
			return s.fail(at, "digit expected")
		}
	}
	s.pos = at
	return nil
}

// some skips one digit or more, and reports whether there was one.
func (s *scanner) some(at int) (int, bool) {
	end := s.digits(at)
	return end, end > at
}

func (s *scanner) digits(at int) int {
	for at < len(s.data) && s.data[at] >= '0' && s.data[at] <= '9' {
		at++
	}
	return at
}
