package erasure

import (
	"context"
	"encoding/json"
	"errors"
	"strings"

	"github.com/tidwall/gjson"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/approval"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/audit"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/auth"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/control"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/decision"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/execution"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/page"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
)

// pageSize is how many documents are read, and at most changed, at once.
const pageSize = 100

// stages are in this order; a cursor names one by its number. The records are
// last: what the others do is on record.
var stages = []stage{
	{"bodies", bodies},
	{"letters", letters},
	documents(decision.Deliveries, never),
	documents(decision.Collection, never),
	documents(execution.Collection, underway),
	documents(execution.Workflows, func(doc []byte) bool {
		s := execution.WorkflowState(gjson.GetBytes(doc, "state").String())
		return !s.Ended() || s == execution.WorkflowStuck
	}),
	documents(approval.Collection, func(doc []byte) bool {
		return gjson.GetBytes(doc, "state").String() == string(approval.Pending)
	}),
	documents(execution.Fields, never),
	documents(page.Collection, never),
	documents(control.Collection, never),
	{"keys", keys},
	{"records", records},
}

func never([]byte) bool { return false }

// underway reports whether an execution is still to be done, or waits for a
// person who may want it undone: it needs what it says.
func underway(doc []byte) bool {
	s := execution.State(gjson.GetBytes(doc, "state").String())
	return !s.Terminal() || s == execution.Uncertain || s == execution.RevertFailed
}

// documents is the stage of a collection; what is needed as it is is left.
func documents(collection string, needed func(doc []byte) bool) stage {
	return stage{collection, func(ctx context.Context, j *job, cursor string) (string, error) {
		found, err := j.Store.Query(ctx, store.Query{Collection: collection, Limit: pageSize, Cursor: cursor})
		if err != nil {
			return cursor, err
		}
		j.left -= max(len(found.Documents), 1)
		var keys []store.Key
		for _, d := range found.Documents {
			if j.person.names(d.Data) {
				keys = append(keys, d.Key)
			}
		}
		erased, left, err := j.rewrite(ctx, keys, needed)
		if err != nil {
			return cursor, err
		}
		count(j.report.Erased, collection, erased)
		count(j.report.Left, collection, left)
		return found.Next, nil
	}}
}

func count(in map[string]int, kind string, n int) {
	if n > 0 {
		in[kind] += n
	}
}

// rewrite takes the person out of documents, in one transaction.
func (j *job) rewrite(ctx context.Context, keys []store.Key, needed func([]byte) bool) (erased, left int, err error) {
	if len(keys) == 0 {
		return 0, 0, nil
	}
	err = j.Store.Run(ctx, func(ctx context.Context, tx store.Tx) error {
		erased, left = 0, 0
		after := map[store.Key]any{}
		for _, k := range keys {
			doc, err := tx.Get(ctx, k)
			if errors.Is(err, store.ErrNotFound) {
				continue
			}
			if err != nil {
				return err
			}
			r, err := j.person.redact(doc.Data)
			if err != nil {
				return err
			}
			switch {
			case !r.changed:
			case needed(doc.Data):
				left++
			default:
				if _, can := r.members["reversible"]; can && r.acted {
					r.members["reversible"] = false
				}
				after[k] = r.members
			}
		}
		for k, members := range after {
			if err := tx.Put(k, members); err != nil {
				return err
			}
		}
		erased = len(after)
		return nil
	})
	return erased, left, err
}

// keys deletes the person's API keys that are no longer valid.
func keys(ctx context.Context, j *job, cursor string) (string, error) {
	if j.person.kind != "key" {
		return "", nil
	}
	found, err := j.Store.Query(ctx, store.Query{Collection: auth.Collection, Limit: pageSize, Cursor: cursor})
	if err != nil {
		return cursor, err
	}
	j.left -= max(len(found.Documents), 1)
	for _, d := range found.Documents {
		var k auth.Key
		if err := json.Unmarshal(d.Data, &k); err != nil {
			return cursor, err
		}
		switch {
		case !strings.EqualFold(k.Name, j.person.name):
			continue
		case j.Clock.Now().Before(k.ExpiresAt):
			count(j.report.Left, auth.Collection, 1)
			continue
		}
		if err := j.Store.Run(ctx, func(_ context.Context, tx store.Tx) error { return tx.Delete(d.Key) }); err != nil {
			return cursor, err
		}
		count(j.report.Erased, auth.Collection, 1)
	}
	return found.Next, nil
}

// records erases the personal fields of audit records; the leaf stays.
func records(ctx context.Context, j *job, cursor string) (string, error) {
	n, looked, next, err := audit.Erase(ctx, j.Store, j.person.record, cursor, j.Clock.Now())
	j.left -= max(looked, 1)
	count(j.report.Erased, "records", n)
	return next, err
}

// record reports whether an audit record names the person.
func (p person) record(r audit.Record) bool {
	for _, v := range r.Details {
		if _, some := p.text(v); some || p.kind != "github" && strings.EqualFold(v, p.name) {
			return true
		}
	}
	_, actor := p.text(r.Actor)
	_, reason := p.text(r.Reason)
	return actor || reason
}
