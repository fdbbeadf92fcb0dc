package approval

import "github.com/InfinityXOneSystems/infinity-matrix/shared/fault"

// MayLink says who, of the people, makes a link by which person may answer a,
// or why not. Everybody may make their own. Who holds a link can use it, so one
// for another is made by a key of role admin only, never by who caused a, and
// it and its maker's own approval count as one.
func (c *Config) MayLink(a Approval, by Answer, person string) (maker string, err error) {
	if c == nil {
		return "", fault.New(fault.Forbidden, "there is no %s that can be read, so links can be made for nobody", File)
	}
	maker, ok := c.person(by.Identity)
	if !ok || by.Identity.Bot {
		return "", fault.New(fault.Forbidden, "%s belongs to nobody in %s; only people make links", by.By, File)
	}
	if _, ok := c.People[person]; !ok {
		return maker, fault.New(fault.NotFound, "%s has nobody called %q", File, person)
	}
	switch {
	case maker == person:
		maker = ""
	case !by.Identity.Admin:
		return maker, fault.New(fault.Forbidden, "only keys of role admin make links for others; %s may make their own", person)
	case by.Verb == Approve && c.People[maker].caused(a.Causes):
		return maker, own(maker)
	}
	_, _, err = c.Check(a, Answer{Verb: by.Verb, By: ByLink(person), Maker: maker, Identity: Identity{Person: person}})
	return maker, err
}

// oneHand reports whether somebody whose approval of a counts already may be
// the same human as person, whose link maker made.
func oneHand(a Approval, person, maker string) (other string, ok bool) {
	for _, b := range a.Answers {
		if b.Verb == Approve && b.Person != person &&
			(b.Maker == person || maker != "" && (maker == b.Person || maker == b.Maker)) {
			return b.Person, true
		}
	}
	return "", false
}
