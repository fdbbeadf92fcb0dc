package firestore_test

import (
	"context"
	"encoding/json"
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/api/option"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/InfinityXOneSystems/infinity-matrix/emulators/google/googletest"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store/firestore"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store/storetest"
)

var projects atomic.Int64

// open returns a store of a project that no other test uses.
func open(tb testing.TB) *firestore.Store {
	tb.Helper()
	addr := googletest.Firestore(tb)
	s, err := firestore.New(tb.Context(), fmt.Sprintf("demo-%d", projects.Add(1)), firestore.Options{
		Schema: storetest.Schema,
		Client: []option.ClientOption{
			option.WithEndpoint(addr), option.WithoutAuthentication(),
			option.WithGRPCDialOption(grpc.WithTransportCredentials(insecure.NewCredentials())),
		},
	})
	if err != nil {
		tb.Fatal(err)
	}
	return s
}

func TestConformance(t *testing.T) {
	t.Parallel()
	googletest.Firestore(t) // one for all subtests
	storetest.Run(t, storetest.Options{Writers: 4, Locks: true}, func(t *testing.T) store.Store {
		t.Helper()
		return open(t)
	})
}

func TestJSONComesBackAsItWas(t *testing.T) {
	t.Parallel()
	s := open(t)
	t.Cleanup(func() { _ = s.Close() })
	k := store.Key{Collection: "things", ID: "a"}
	want := `{"big":9007199254740993,"half":0.5,"lists":[[1,[2]],[],{"[]":"no list"}],"none":null,"seen_at":"2026-01-01T12:00:00.000001Z","soon_at":"soon","yes":true}`
	err := s.Run(t.Context(), func(_ context.Context, tx store.Tx) error { return tx.Put(k, json.RawMessage(want)) })
	if err != nil {
		t.Fatal(err)
	}
	doc, err := s.Get(t.Context(), k)
	if diff := cmp.Diff(want, string(doc.Data)); err != nil || diff != "" {
		t.Errorf("%v\n%s", err, diff)
	}
}
