package embedded

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"time"

	database "github.com/InfinityXOneSystems/infinity-matrix/shared/embedded"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/task"
)

// The second byte of the queue's keys.
const (
	kindTask   byte = 'i' // id -> record, JSON; ids grow
	kindName   byte = 'n' // queue NUL name -> until when it is taken; 0 while queued
	kindExpiry byte = 'x' // time, id -> queue NUL name, to forget names in order
)

// record is a stored task: small, so that opening reads all of them quickly.
type record struct {
	Queue   string `json:"q"`
	Name    string `json:"n,omitempty"`
	At      int64  `json:"t"` // Unix time, nanoseconds
	Attempt int    `json:"a,omitempty"`
	Body    []byte `json:"b,omitempty"`
}

func taskKey(id uint64) []byte {
	return binary.BigEndian.AppendUint64([]byte{database.PrefixTask, kindTask}, id)
}

func nameKey(t task.Task) []byte {
	return fmt.Appendf([]byte{database.PrefixTask, kindName}, "%s\x00%s", t.Queue, t.Name)
}

func expiryKey(at time.Time, id uint64) []byte {
	k := binary.BigEndian.AppendUint64([]byte{database.PrefixTask, kindExpiry}, uint64(at.UnixNano()))
	return binary.BigEndian.AppendUint64(k, id)
}

func encode(t task.Task) ([]byte, error) {
	return json.Marshal(record{Queue: t.Queue, Name: t.Name, At: t.At.UnixNano(), Attempt: t.Attempt, Body: t.Body})
}

func decode(value []byte) (task.Task, error) {
	var r record
	if err := json.Unmarshal(value, &r); err != nil {
		return task.Task{}, fmt.Errorf("the stored task is damaged: %w", err)
	}
	return task.Task{Queue: r.Queue, Name: r.Name, At: time.Unix(0, r.At).UTC(), Attempt: r.Attempt, Body: r.Body}, nil
}
