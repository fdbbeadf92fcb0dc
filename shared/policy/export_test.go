package policy

// Explainers returns how many compiled explanations s keeps.
func Explainers(s *Set) int {
	s.explainers.mu.Lock()
	defer s.explainers.mu.Unlock()
	return len(s.explainers.known)
}
