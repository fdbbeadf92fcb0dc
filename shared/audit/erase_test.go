package audit_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/audit"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store/memory"
)

func TestEraseAPerson(t *testing.T) {
	t.Parallel()
	s, at := memory.New(memory.Options{}), time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	err := s.Run(t.Context(), func(_ context.Context, tx store.Tx) error {
		for i := range 250 {
			r := audit.Record{At: at, Verb: "v", Subject: "s/1", Actor: "github:anabel"}
			switch i % 5 {
			case 0:
				r.Actor = "github:ana"
			case 1:
				r.Reason = "approved by github:ana: fine"
			case 2:
				r.Details = map[string]string{"told": "github:ana"}
			}
			if err := audit.Write(tx, r); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	n, err := audit.Erase(t.Context(), s, "github:ana", "key:boss", "their request", at.Add(time.Hour))
	if err != nil || n != 150 {
		t.Fatalf("erased %d, %v; want 150", n, err)
	}
	records, _, err := store.List[audit.Record](t.Context(), s, store.Query{Collection: audit.Collection, Limit: store.MaxPage})
	if err != nil {
		t.Fatal(err)
	}
	kept := 0
	for _, r := range records {
		text, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(strings.ReplaceAll(string(text), "github:anabel", ""), "github:ana") {
			t.Errorf("%s still names them", text)
		}
		if r.Actor == "github:anabel" && r.ErasedAt == nil {
			kept++
		}
	}
	if last := records[len(records)-1]; kept != 100 || last.Verb != "audit.erased" || last.Details["records"] != fmt.Sprint(n) {
		t.Errorf("%d of another's are kept, want 100; the last record is %+v", kept, last)
	}
	for _, who := range []string{"", "ana", "github:", "system:execute"} {
		if _, err := audit.Erase(t.Context(), s, who, "key:boss", "r", at); !fault.Is(err, fault.Invalid) {
			t.Errorf("%q: %v, want it refused", who, err)
		}
	}
}
