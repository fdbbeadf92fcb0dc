// Package auth says who calls and what they may: API keys, the four roles, the
// matrix of permissions, and the limit on guessing. It knows no route: the
// function that serves them owns its matrix. Signing in people is not here.
package auth

import (
	"context"
	"slices"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
)

// Role is what a caller is.
type Role string

// The roles. None is a caller without credentials.
const (
	None    Role = "none"
	Viewer  Role = "viewer"  // reads
	Editor  Role = "editor"  // answers approvals and pulls the kill switch
	Admin   Role = "admin"   // also lifts a freeze
	Service Role = "service" // another program: reads, and pulls the kill switch
)

// Roles are all roles, in order of the matrix's columns.
var Roles = []Role{None, Viewer, Editor, Admin, Service}

// Known reports whether r can be given to a key.
func (r Role) Known() bool { return r != None && slices.Contains(Roles, r) }

// Identity is an authenticated caller.
type Identity struct {
	Name string // of the key: "local"
	Role Role
}

// Actor names the caller in audit records: "key:local".
func (i Identity) Actor() string { return "key:" + i.Name }

type identityKey struct{}

// With returns a context that carries id.
func With(ctx context.Context, id Identity) context.Context {
	return context.WithValue(ctx, identityKey{}, id)
}

// From returns the caller; without one its role is None.
func From(ctx context.Context) Identity {
	if id, ok := ctx.Value(identityKey{}).(Identity); ok {
		return id
	}
	return Identity{Role: None}
}

// Matrix says which roles may call which route ("GET /v1/events"). A route
// that is not in it is forbidden to everybody.
type Matrix map[string][]Role

// Check returns nil if id may call route, else fault.Unauthenticated for a
// caller without credentials and fault.Forbidden for one with.
func (m Matrix) Check(route string, id Identity) error {
	allowed := m[route]
	switch {
	case slices.Contains(allowed, None), id.Role != None && slices.Contains(allowed, id.Role):
		return nil
	case id.Role == None:
		return errUnauthenticated
	default:
		return fault.New(fault.Forbidden, "the role %s may not do this", id.Role)
	}
}

// errUnauthenticated is one value, so that every refusal has the same bytes.
var errUnauthenticated = fault.New(fault.Unauthenticated, "send a valid API key as \"Authorization: Bearer im_…\"")
