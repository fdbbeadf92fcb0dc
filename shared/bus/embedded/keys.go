package embedded

import (
	"encoding/binary"

	database "github.com/InfinityXOneSystems/infinity-matrix/shared/embedded"
)

// The second byte of the bus's keys. Names hold no NUL (bus.Subscription).
const (
	kindMessage  byte = 'm' // topic NUL sequence -> message
	kindTopic    byte = 't' // topic -> first sequence number that is kept
	kindConfig   byte = 's' // subscription -> its configuration, JSON
	kindCursor   byte = 'c' // subscription -> floor and deliveries under way
	kindPage     byte = 'a' // subscription NUL page -> bits of what is acknowledged above the floor
	kindAttempts byte = 'r' // subscription NUL sequence -> failed attempts
)

func nameKey(kind byte, name string) []byte {
	return append([]byte{database.PrefixBus, kind}, name...)
}

// listKey is the common start of the numbered keys of name.
func listKey(kind byte, name string) []byte { return append(nameKey(kind, name), 0) }

func numberKey(list []byte, n uint64) []byte {
	return binary.BigEndian.AppendUint64(append(make([]byte, 0, len(list)+8), list...), n)
}

// number is the last part of a numbered key.
func number(key []byte) uint64 { return binary.BigEndian.Uint64(key[len(key)-8:]) }

// listEnd is the first key after those of list.
func listEnd(list []byte) []byte {
	end := append([]byte(nil), list...)
	end[len(end)-1]++ // NUL becomes 1
	return end
}

// kindRange bounds all keys of a kind.
func kindRange(kind byte) (lower, upper []byte) {
	return []byte{database.PrefixBus, kind}, []byte{database.PrefixBus, kind + 1}
}
