package webhook_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/InfinityXOneSystems/infinity-matrix/emulators/github/payloads"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/policy/internal/webhook"
)

// unchecked are the recorded values whose types the catalogue leaves open, by
// the end of their paths, and why.
var unchecked = map[string]string{
	"created_at":                  "a number in pushes and installations, text elsewhere; the schema allows both",
	"updated_at":                  "as created_at, of installations",
	"pushed_at":                   "as created_at",
	"custom_properties":           "the owner names them",
	"event.client_payload":        "of the sender's own making",
	"event.inputs":                "the workflow names them",
	"deployment.payload":          "of the sender's own making, text or object",
	"package_version.body":        "text or object",
	"container_metadata.labels":   "the image names them",
	"container_metadata.manifest": "of the registry's own making",
}

// TestRecordedFieldsAreInTheCatalogue would find a recorded field that a
// condition cannot name, or whose recorded value is of another type than its.
func TestRecordedFieldsAreInTheCatalogue(t *testing.T) {
	t.Parallel()
	c, err := webhook.Load()
	if err != nil {
		t.Fatal(err)
	}
	all, err := payloads.All()
	if err != nil {
		t.Fatal(err)
	}
	fields, open := 0, map[string]bool{}
	for _, p := range all {
		w := walkOf(t, c, p)
		fields += w.fields
		for _, m := range w.wrong {
			t.Errorf("%s: %s", p.Name(), m)
		}
		for _, path := range w.open {
			if open[reasonFor(path)] = true; unchecked[reasonFor(path)] == "" {
				t.Errorf("%s: the type of %s is open, and no reason is known", p.Name(), path)
			}
		}
	}
	if diff := cmp.Diff(slices.Sorted(maps.Keys(unchecked)), slices.Sorted(maps.Keys(open))); diff != "" {
		t.Error("an exception is none: ", diff)
	}
	if len(all) != 329 || fields < 50_000 {
		t.Errorf("only %d payloads with %d fields were looked at", len(all), fields)
	}
}

// TestWalkTellsWhatIsMissing holds the test above to its word.
func TestWalkTellsWhatIsMissing(t *testing.T) {
	t.Parallel()
	c := &webhook.Catalogue{
		Events:  map[string]int{"issues.opened": 0},
		Objects: []webhook.Object{{Fields: map[string]string{"action": "i", "issue": "o1", "sender": "s"}}, {Fields: map[string]string{"labels": "ls"}}},
	}
	p := payloads.Payload{Event: "issues", Action: "opened", Body: []byte(`{"action":"opened","issue":{"labels":[{"name":"bug"}],"title":"a"},"sender":{}}`)}
	w := walkOf(t, c, p)
	slices.Sort(w.wrong)
	want := []string{
		"event.action is of type i, recorded as string", "event.issue.labels[] is of type s, recorded as map[string]interface {}",
		"event.issue.title is missing", "event.sender is of type s, recorded as map[string]interface {}",
	}
	if diff := cmp.Diff(want, w.wrong); diff != "" {
		t.Error(diff)
	}
}

// reasonFor returns the end of path that unchecked has it by.
func reasonFor(path string) string {
	names := strings.Split(path, ".")
	if last := names[len(names)-1]; unchecked[last] != "" {
		return last
	}
	return strings.Join(names[len(names)-2:], ".")
}

func walkOf(t *testing.T, c *webhook.Catalogue, p payloads.Payload) walk {
	t.Helper()
	typ := webhook.Prefix + p.Event
	if p.Action != "" {
		typ += "." + p.Action
	}
	number, ok := c.Events[webhook.Event(typ)]
	if !ok {
		t.Fatalf("the catalogue has no event %s", typ)
	}
	var body any
	if err := json.Unmarshal(p.Body, &body); err != nil {
		t.Fatal(err)
	}
	w := walk{catalogue: c}
	w.value("event", "o"+strconv.Itoa(number), body)
	return w
}

type walk struct {
	catalogue *webhook.Catalogue
	fields    int
	wrong     []string
	open      []string // paths whose values are of no known type
}

func (w *walk) value(path, typ string, v any) {
	fits := false
	switch v := v.(type) {
	case map[string]any:
		if fits = typ[0] == 'o'; fits {
			w.object(path, typ, v)
		}
	case []any:
		if fits = typ[0] == 'l'; fits {
			for _, e := range v {
				w.value(path+"[]", typ[1:], e)
			}
		}
	case float64:
		fits = typ == "d" || typ == "i" && v == math.Trunc(v)
	case string:
		fits = typ == "s"
	case bool:
		fits = typ == "b"
	case nil:
		fits = true
	}
	switch {
	case fits:
	case typ == "*" || typ == "m":
		w.open = append(w.open, path)
	default:
		w.wrong = append(w.wrong, fmt.Sprintf("%s is of type %s, recorded as %T", path, typ, v))
	}
}

func (w *walk) object(path, typ string, v map[string]any) {
	n, err := strconv.Atoi(typ[1:])
	if err != nil {
		w.wrong = append(w.wrong, path+" has the type "+typ)
		return
	}
	for name, member := range v {
		w.fields++
		if t, ok := w.catalogue.Objects[n].Fields[name]; ok {
			w.value(path+"."+name, t, member)
		} else {
			w.wrong = append(w.wrong, path+"."+name+" is missing")
		}
	}
}
