package lastgood_test

import (
	"strings"
	"testing"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/audit"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/lastgood"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/page"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store/memory"
)

func pages(t *testing.T, s store.Store) []page.Page {
	t.Helper()
	all, _, err := store.List[page.Page](t.Context(), s, store.Query{Collection: page.Collection})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// While the files are wrong there is one page that says until when what they
// said before holds, and then that nothing does; it goes by itself.
func TestPager(t *testing.T) {
	t.Parallel()
	r, s := newRig("good"), memory.New(memory.Options{})
	pager := &lastgood.Pager{Store: s, Clock: r.clock, Watched: []lastgood.Watched{r}}
	check := func(after time.Duration, open bool, says string, count int) {
		t.Helper()
		r.clock.Advance(after)
		// A second process, which knows of no page, does no more than the first.
		for _, p := range []*lastgood.Pager{pager, {Store: s, Clock: r.clock, Watched: []lastgood.Watched{r}}} {
			if err := p.Check(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		all := pages(t, s)
		if len(all) != min(count, 1) {
			t.Fatalf("%d pages", len(all))
		}
		if count == 0 {
			return
		}
		p := all[0]
		if p.Open != open || p.Count != count || !strings.Contains(p.Summary, says) || p.Kind != "configuration" || p.Subject != "things" || p.Severity != page.Critical {
			t.Errorf("the page is %+v; want open %t, %d times, saying %q", p, open, count, says)
		}
		if !open && p.ResolvedBy != lastgood.Actor {
			t.Errorf("resolved by %q", p.ResolvedBy)
		}
	}
	check(time.Second, false, "", 0)
	r.write("bad", 1)
	check(time.Second, true, "in force until 2026-11-01T12:15:02Z: a.yaml:1:1: bad", 1)
	check(time.Minute, true, "in force until", 1)
	check(lastgood.For, true, "nothing of it is in force: a.yaml:1:1: bad", 2)
	r.write("good again", 2)
	check(time.Second, false, "nothing of it", 2)
	r.write("bad", 3)
	check(time.Second, true, "in force until", 1)
	records, _, err := store.List[audit.Record](t.Context(), s, store.Query{Collection: audit.Collection})
	if err != nil || len(records) != 3 { // raised, resolved, raised
		t.Errorf("%d records, %v", len(records), err)
	}
}
