package sim

import (
	"slices"
	"strings"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/emulators/github"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/audit"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/control"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
)

// Write is one document that a commit wrote; nil Data deletes.
type Write struct {
	Key     store.Key
	Data    []byte
	Created bool // there must have been none
}

// Commit is a transaction that took place.
type Commit struct {
	Step   int
	At     time.Time // true time, whatever a process's clock says
	By     string
	In     string    // the process
	Asked  time.Time // when GitHub last answered the thread, by the process's clock
	Writes []Write
}

// Effect is what somebody changed at GitHub. Execution is the one whose task
// the thread was carrying out: what the platform itself says is not asked.
type Effect struct {
	Step         int
	At           time.Time
	Sent         time.Time // when the request was made; GitHub may be slow
	Execution    string
	By           string
	Method, Path string
	Body         string
}

// Accepted is a delivery that was answered 2xx.
type Accepted struct {
	Step     int
	At       time.Time
	Delivery string
}

// History is what happened, in the order in which it happened, seen from
// outside the functions.
type History struct {
	Commits  []Commit
	Effects  []Effect
	Accepted []Accepted

	step func() int
}

// kept are the collections whose writes the checkers look at.
var kept = []string{"executions", audit.Collection, "pages", "workflows", control.Collection}

func (h *History) commit(c *commitment) {
	var writes []Write
	for _, w := range c.writes {
		if slices.Contains(kept, w.Key.Collection) {
			writes = append(writes, w)
		}
	}
	if len(writes) == 0 {
		return
	}
	done := Commit{Step: h.step(), At: time.Now(), Writes: writes}
	if c.thread != nil {
		done.By = c.thread.name
		if c.thread.process != nil {
			done.In, done.Asked = c.thread.process.name, c.thread.asked
		}
	}
	h.Commits = append(h.Commits, done)
}

func (h *History) effect(by *Thread, e github.Effect, body string) {
	made := Effect{Step: h.step(), At: time.Now(), Method: e.Method, Path: e.Path, Body: body}
	if by != nil {
		made.By, made.Execution, made.Sent = by.name, by.execution, by.sent
	}
	h.Effects = append(h.Effects, made)
}

func (h *History) accept(delivery string) {
	h.Accepted = append(h.Accepted, Accepted{Step: h.step(), At: time.Now(), Delivery: delivery})
}

// subject names what a transaction is about: what it writes beside records.
func subject(writes []Write) string {
	var names []string
	for _, w := range writes {
		if w.Key.Collection != audit.Collection {
			names = append(names, named(w.Key))
		}
	}
	if len(names) == 0 {
		return "records only"
	}
	return strings.Join(names, " ")
}
