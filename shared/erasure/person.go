package erasure

import (
	"strings"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
)

// gone stands where the person's name was.
const gone = "erased"

// person is who is to be erased.
type person struct {
	kind  string   // "github", "key"; "link" is a person of approvals.yaml who answered by a link
	name  string   // in lower case: GitHub's logins have none
	forms []string // what names them in any text, in lower case
	after []string // what those become
}

func parse(who string) (person, error) {
	kind, name, ok := strings.Cut(strings.ToLower(who), ":")
	if !ok || name == "" || kind == "" || kind == "system" || name == gone {
		return person{}, fault.New(fault.Invalid, "%q is no person; write an actor as the records have it: github:login, key:name or link:person", who)
	}
	p := person{kind: kind, name: name, forms: []string{kind + ":" + name}, after: []string{kind + ":" + gone}}
	if kind == "github" {
		p.forms = append(p.forms, "@"+name, `"`+name+`"`)
		p.after = append(p.after, "@"+gone, `"`+gone+`"`)
	}
	return p, nil
}

// text takes the person out of free text.
func (p person) text(s string) (string, bool) {
	changed := false
	for i, form := range p.forms {
		out, some := replace(s, form, p.after[i])
		s, changed = out, changed || some
	}
	return s, changed
}

// bare is text in what an action is about, where a login may stand by itself.
func (p person) bare(s string) (string, bool) {
	s, changed := p.text(s)
	if p.kind != "github" {
		return s, changed
	}
	s, some := replace(s, p.name, gone)
	return s, changed || some
}

// owns reports whether what follows a name makes it the owner in a repository's
// name or a part of a host's: those are no person's to be erased from.
func owns(rest string) bool {
	return strings.HasPrefix(rest, "/") || len(rest) > 1 && rest[0] == '.' && wordly(rest[1])
}

// replace replaces what stands as a word of its own, whatever its case is:
// github:ana is not named by github:anabel, nor @ana by mail to x@ana.
func replace(s, old, with string) (string, bool) {
	low := strings.ToLower(s)
	if len(low) != len(s) || !strings.Contains(low, old) { // letters whose lower case is longer are in no login
		return s, false
	}
	var b strings.Builder
	done, changed := 0, false
	for from := 0; ; {
		i := strings.Index(low[from:], old)
		if i < 0 {
			break
		}
		begin, end := from+i, from+i+len(old)
		from = begin + 1
		if begin > 0 && wordly(old[0]) && wordly(low[begin-1]) || begin > 0 && old[0] == '@' && wordly(low[begin-1]) ||
			end < len(low) && wordly(old[len(old)-1]) && (wordly(low[end]) || owns(low[end:])) {
			continue
		}
		b.WriteString(s[done:begin] + with)
		done, from, changed = end, end, true
	}
	return b.String() + s[done:], changed
}

func wordly(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '-' || c == '_'
}
