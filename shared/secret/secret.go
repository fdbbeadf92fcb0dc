// Package secret is the port to the secret store: named secrets with several
// versions, so that a secret can be rotated while both values are valid.
// Drivers: secret/memory, secret/file; all pass secret/secrettest. Values are
// never logged: Value prints as "[secret]".
package secret

import (
	"context"
	"errors"
	"log/slog"
	"time"
)

// ErrNotFound is returned for a name without an enabled version.
var ErrNotFound = errors.New("secret not found")

// Value is a secret's bytes; it hides itself from fmt, slog and JSON.
type Value []byte

// String implements fmt.Stringer.
func (Value) String() string { return "[secret]" }

// GoString implements fmt.GoStringer.
func (Value) GoString() string { return "[secret]" }

// MarshalText implements encoding.TextMarshaler, so that JSON hides it too.
func (Value) MarshalText() ([]byte, error) { return []byte("[secret]"), nil }

// LogValue implements slog.LogValuer.
func (Value) LogValue() slog.Value { return slog.StringValue("[secret]") }

// Version is one enabled version of a secret.
type Version struct {
	ID        string
	Value     Value
	CreatedAt time.Time
}

// Source reads secrets. It is the only part that functions see.
type Source interface {
	// Versions returns the enabled versions, newest first; never an empty list.
	Versions(ctx context.Context, name string) ([]Version, error)
}

// Store is the port.
type Store interface {
	Source
	// Add makes value the newest version of name.
	Add(ctx context.Context, name string, value Value) (Version, error)
	// Disable ends a version; what it signed is refused from then on.
	Disable(ctx context.Context, name, id string) error
}
