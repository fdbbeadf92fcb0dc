package audit

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
)

// eraseAtOnce is how many records one transaction erases.
const eraseAtOnce = 100

// Erase erases the personal fields of every record that names who, an actor
// ("github:ana", "key:ana"): as its actor, or in its reason or details. The log
// stays verifiable. It is recorded itself, without the name. Records that are
// written meanwhile are left: erase again to be sure.
func Erase(ctx context.Context, s store.Store, who, by, reason string, now time.Time) (int, error) {
	if kind, name, ok := strings.Cut(who, ":"); !ok || name == "" || kind == "system" {
		return 0, fault.New(fault.Invalid, "%q is no person; write an actor as the records have it: github:login or key:name", who)
	}
	erased := 0
	q := store.Query{Collection: Collection, Limit: eraseAtOnce}
	for {
		found, next, err := store.List[Record](ctx, s, q)
		if err != nil {
			return erased, fmt.Errorf("look for the records of a person: %w", err)
		}
		n, err := erase(ctx, s, slices.DeleteFunc(found, func(r Record) bool { return !r.names(who) }), now)
		if err != nil {
			return erased, err
		}
		if erased += n; next == "" {
			break
		}
		q.Cursor = next
	}
	return erased, s.Run(ctx, func(_ context.Context, tx store.Tx) error {
		return Write(tx, Record{
			At: now, Actor: by, Verb: "audit.erased", Subject: Collection + "/*", Reason: reason, Retention: "security",
			Details: map[string]string{"records": fmt.Sprint(erased)},
		})
	})
}

func erase(ctx context.Context, s store.Store, found []Record, now time.Time) (int, error) {
	if len(found) == 0 {
		return 0, nil
	}
	err := s.Run(ctx, func(ctx context.Context, tx store.Tx) error {
		var after []Record
		for _, r := range found {
			// Read again: seal may have given it its place meanwhile.
			r, err := store.Get[Record](ctx, tx, store.Key{Collection: Collection, ID: r.ID})
			if err != nil {
				return err
			}
			if r, err = r.Erase(now); err != nil {
				return err
			}
			after = append(after, r)
		}
		for _, r := range after {
			if err := tx.Put(store.Key{Collection: Collection, ID: r.ID}, r); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("erase records of a person: %w", err)
	}
	return len(found), nil
}

// names reports whether r names the actor who.
func (r Record) names(who string) bool {
	if r.Actor == who || mentions(r.Reason, who) {
		return true
	}
	for _, v := range r.Details {
		if mentions(v, who) {
			return true
		}
	}
	return false
}

// mentions reports whether text has who as a word of its own: github:ana is not
// named by github:anabel.
func mentions(text, who string) bool {
	for rest := text; ; {
		i := strings.Index(rest, who)
		if i < 0 {
			return false
		}
		rest = rest[i+len(who):]
		if rest == "" || !strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_", rune(rest[0])) {
			return true
		}
	}
}
