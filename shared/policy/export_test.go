package policy

import "io/fs"

// NewLoader returns Load with all made that does not depend on the files.
func NewLoader(c Catalog) (func(fs.FS) (*Set, error), error) {
	l, err := newLoader(c)
	if err != nil {
		return nil, err
	}
	return l.load, nil
}

// Explainers returns how many compiled explanations s keeps.
func Explainers(s *Set) int {
	s.explainers.mu.Lock()
	defer s.explainers.mu.Unlock()
	return len(s.explainers.known)
}
