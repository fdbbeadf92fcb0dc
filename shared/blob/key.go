package blob

import "fmt"

// MaxKeyBytes is the longest key.
const MaxKeyBytes = 512

// CheckKey returns an error that wraps ErrKey unless key is one that Store
// documents. Drivers call it first, so that no key reaches outside the store.
func CheckKey(key string) error {
	if len(key) > MaxKeyBytes {
		return fmt.Errorf("%w: %d bytes, the limit is %d", ErrKey, len(key), MaxKeyBytes)
	}
	start := 0
	for i := range len(key) + 1 {
		if i < len(key) && key[i] != '/' {
			if !plain(key[i]) {
				return fmt.Errorf("%w: byte %d is not one of A-Z a-z 0-9 . _ - /", ErrKey, i)
			}
			continue
		}
		if segment := key[start:i]; segment == "" || segment == "." || segment == ".." {
			return fmt.Errorf("%w: a segment is empty, %q or %q", ErrKey, ".", "..")
		}
		start = i + 1
	}
	return nil
}

func plain(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '.' || c == '_' || c == '-'
}
