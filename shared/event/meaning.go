package event

import (
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"slices"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/jsonscan"
)

// perHook are the members that say through which hook a change was told, not
// what changed: an App's hook adds installation, and ping describes the hook.
var perHook = []string{"hook", "hook_id", "installation"}

// Meaning returns a hex SHA-256 of the type and of the body's members, less
// those that differ between the hooks that tell of one change. Two deliveries
// of one meaning are one change: GitHub gives each hook's delivery an id of
// its own, and signs only the body. Members are taken in the order of their
// names, their values as raw bytes. body is the whole JSON object, also when
// the event only refers to it. The error has kind fault.Invalid.
func Meaning(e Event, body []byte) (string, error) {
	type member struct {
		name  string
		value []byte
	}
	var members []member
	if err := jsonscan.Scan(body, func(parent, name, value []byte) {
		if parent == nil && !slices.Contains(perHook, string(name)) {
			members = append(members, member{string(name), value})
		}
	}); err != nil {
		return "", fault.Wrap(fault.Invalid, err, "the event's body is not valid JSON")
	}
	slices.SortFunc(members, func(a, b member) int {
		if a.name < b.name {
			return -1
		}
		return 1 // names are unique
	})
	h := sha256.New()
	part(h, []byte(e.Type))
	for _, m := range members {
		part(h, []byte(m.name))
		part(h, m.value)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// part adds b with its length before it, so that no two lists of parts run
// together into the same bytes.
func part(h hash.Hash, b []byte) {
	n := uint64(len(b))
	var length [8]byte
	for i := range length {
		length[i] = byte(n >> (8 * i))
	}
	h.Write(length[:]) // a hash never fails
	h.Write(b)
}
