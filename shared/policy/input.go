package policy

import (
	"strconv"
	"strings"
	"sync"

	"github.com/tidwall/gjson"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/event"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/jsonscan"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/policy/internal/condition"
)

// Input is one event as conditions read it. It is safe for concurrent use.
type Input struct {
	event event.Event
	facts func() *condition.Facts
}

// NewInput returns e as conditions read it; e.Data is its body, an object in
// strict JSON (shared/jsonscan). It is decoded when it is first needed.
func NewInput(e event.Event) (*Input, error) {
	if err := jsonscan.Scan(e.Data, nil); err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "the body of event %s is not valid JSON: %s", e.ID, err)
	}
	if !gjson.ParseBytes(e.Data).IsObject() {
		return nil, fault.New(fault.Invalid, "the body of event %s is not a JSON object", e.ID)
	}
	in := &Input{event: e}
	in.facts = sync.OnceValue(in.decode)
	return in, nil
}

func (in *Input) decode() *condition.Facts {
	body, _ := decode(gjson.ParseBytes(in.event.Data)).(map[string]any)
	e := in.event
	meta := map[string]any{
		"id": e.ID, "type": e.Type, "source": e.Source, "subject": e.Subject, "repository": e.Repository,
		"installation": e.InstallationID, "time": e.Time, "hop": int64(e.Hop), "author": "",
	}
	if sender, ok := body["sender"].(map[string]any); ok {
		if login, ok := sender["login"].(string); ok {
			meta["author"] = login
		}
	}
	return &condition.Facts{Event: body, Meta: meta}
}

// decode returns the value of checked JSON; whole numbers of 64 bits are
// int64, so that ids keep all their digits.
func decode(r gjson.Result) any {
	switch {
	case r.IsObject():
		m := map[string]any{}
		r.ForEach(func(k, v gjson.Result) bool {
			m[k.String()] = decode(v)
			return true
		})
		return m
	case r.IsArray():
		list := []any{}
		r.ForEach(func(_, v gjson.Result) bool {
			list = append(list, decode(v))
			return true
		})
		return list
	case r.Type == gjson.Number:
		if i, err := strconv.ParseInt(r.Raw, 10, 64); err == nil {
			return i
		}
		return r.Num
	default:
		return r.Value()
	}
}

// String returns the text at a dotted path of the body: "issue.user.login".
func (in *Input) String(path string) (string, bool) {
	s, ok := in.at(path).(string)
	return s, ok
}

// Int returns the whole number at a dotted path of the body: "issue.number",
// "check_run.pull_requests.0.number".
func (in *Input) Int(path string) (int64, bool) {
	i, ok := in.at(path).(int64)
	return i, ok
}

func (in *Input) at(path string) any {
	var v any = in.facts().Event
	for name := range strings.SplitSeq(path, ".") {
		switch t := v.(type) {
		case map[string]any:
			v = t[name]
		case []any:
			i, err := strconv.Atoi(name)
			if err != nil || i < 0 || i >= len(t) {
				return nil
			}
			v = t[i]
		default:
			return nil
		}
	}
	return v
}
