// Package erasure takes a person out of what the platform keeps: the personal
// fields of audit records, the names in decisions, ended executions, workflows,
// approvals, pages and freezes, and the bodies of events that name them. Hashes
// and ids stay, and the audit log verifies as before. It does not touch GitHub,
// the repositories' files (approvals.yaml), or backups.
package erasure

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/audit"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/blob"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/bus"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/clock"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
)

// Eraser erases people.
type Eraser struct {
	Store   store.Store
	Blobs   blob.Store
	Letters bus.Inspector
	Clock   clock.Clock
	Limit   int // documents that one call looks at; 0 means 5,000, a body counts as ten
}

// Request says who is to be erased.
type Request struct {
	Who    string // actor as the records have it: "github:ana", "key:ana"
	By     string // actor who erases
	Reason string // kept; must not name the person
	Cursor string // Erasure.Next of the call before
}

// Erasure is what one call did.
type Erasure struct {
	// Erased counts the documents of each kind from which the person was taken,
	// and the bodies that were deleted.
	Erased map[string]int `json:"erased"`
	// Left counts what names them and could not be touched yet: what is still
	// under way, dead letters, and API keys that are still valid.
	Left map[string]int `json:"left"`
	Next string         `json:"next,omitempty"` // go on with this; "" when all was looked at
}

// job is one erasure on its way.
type job struct {
	*Eraser
	person person
	report Erasure
	left   int // of the limit
}

// stage is one kind of what is looked at. It takes the cursor of its own page
// before, and returns the next one, "" at its end.
type stage struct {
	name string
	page func(ctx context.Context, j *job, cursor string) (next string, err error)
}

// Erase goes on with an erasure, and is done when the report has no Next. What
// is written meanwhile may be left: erase again to be sure. Each call that
// erased something, and the last one, is on record.
func (e *Eraser) Erase(ctx context.Context, r Request) (Erasure, error) {
	p, err := parse(r.Who)
	if err != nil {
		return Erasure{}, err
	}
	number, cursor, err := split(r.Cursor)
	if err != nil {
		return Erasure{}, err
	}
	j := &job{Eraser: e, person: p, left: e.Limit, report: Erasure{Erased: map[string]int{}, Left: map[string]int{}}}
	if j.left == 0 {
		j.left = 5_000
	}
	for ; number < len(stages) && j.left > 0 && err == nil; number++ {
		for ok := true; ok && err == nil; ok = cursor != "" && j.left > 0 {
			cursor, err = stages[number].page(ctx, j, cursor)
		}
		if err != nil {
			err = fmt.Errorf("erase a person from %s: %w", stages[number].name, err)
		}
		if cursor != "" {
			break
		}
	}
	if number < len(stages) {
		j.report.Next = fmt.Sprintf("%d.%s", number, cursor)
	}
	if recorded := j.record(context.WithoutCancel(ctx), r); err == nil {
		err = recorded
	}
	return j.report, err
}

// split parts a cursor into the number of the stage and the stage's cursor.
func split(cursor string) (int, string, error) {
	if cursor == "" {
		return 0, "", nil
	}
	number, rest, _ := strings.Cut(cursor, ".")
	n, err := strconv.Atoi(number)
	if err != nil || n < 0 || n >= len(stages) {
		return 0, "", fault.New(fault.Invalid, "the cursor is not of an erasure; begin again without one")
	}
	return n, rest, nil
}

// record tells of the erasure, without the name.
func (j *job) record(ctx context.Context, r Request) error {
	if len(j.report.Erased) == 0 && j.report.Next != "" {
		return nil
	}
	details := map[string]string{}
	for _, kind := range slices.Sorted(maps.Keys(j.report.Erased)) {
		details[kind] = strconv.Itoa(j.report.Erased[kind])
	}
	err := j.Store.Run(ctx, func(_ context.Context, tx store.Tx) error {
		return audit.Write(tx, audit.Record{
			At: j.Clock.Now(), Actor: r.By, Verb: "person.erased", Subject: "people/*", Reason: r.Reason, Details: details, Retention: "security",
		})
	})
	if err != nil {
		return fmt.Errorf("record the erasure of a person: %w", err)
	}
	return nil
}
