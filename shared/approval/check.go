package approval

import (
	"path"
	"slices"
	"strings"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
)

// Check says who answers a and how many must approve, or, as fault.Forbidden,
// why the answer does not count. Four-eyes always holds for an approval: the
// one whose change or comment caused it may stop it, but not let it run. A nil
// Config (the file is missing or broken) lets keys of role admin answer only.
func (c *Config) Check(a Approval, by Answer) (person string, needed int, err error) {
	if by.Identity.Bot {
		return "", 0, fault.New(fault.Forbidden, "%s is not a person; only people answer", by.By)
	}
	if by.Identity.GitHub != "" && by.Verb == Approve && contains(a.Causes, by.Identity.GitHub) {
		return "", 0, own(by.By)
	}
	if c == nil {
		if !by.Identity.Admin {
			return "", 0, fault.New(fault.Forbidden, "there is no %s that can be read, so only keys of role admin may answer", File)
		}
		return by.By, 1, nil
	}
	person, ok := c.person(by.Identity)
	if !ok {
		return "", 0, fault.New(fault.Forbidden, "%s belongs to nobody in %s; link it to a person there", by.By, File)
	}
	if by.Verb == Reject {
		return person, 1, nil // stopping is safe
	}
	if c.People[person].caused(a.Causes) {
		return person, 0, own(person)
	}
	if other, ok := oneHand(a, person, by.Maker); ok {
		return person, 0, fault.New(fault.Forbidden, "%s and %s would be of one hand, by a link that was made for another; somebody else must approve it", person, other)
	}
	rule, ok := c.rule(a)
	if !ok || !c.named(rule.By, person) {
		return person, 0, fault.New(fault.Forbidden, "%s may not approve what policy %s does in %s; %s says who may", person, a.Policy, a.Repository, File)
	}
	return person, max(rule.Count, 1), nil
}

func own(who string) error {
	return fault.New(fault.Forbidden, "%s caused this by a change or comment of their own; somebody else must approve it", who)
}

// May lists the people who may approve a.
func (c *Config) May(a Approval) (people []string, needed int) {
	if c == nil {
		return nil, 1
	}
	rule, ok := c.rule(a)
	if !ok {
		return nil, 1
	}
	for name, p := range c.People {
		if c.named(rule.By, name) && !p.caused(a.Causes) {
			people = append(people, name)
		}
	}
	slices.Sort(people)
	return people, max(rule.Count, 1)
}

// Tells says how people are to be told of a: TellComment, or "".
func (c *Config) Tells(a Approval) string {
	if c == nil {
		return ""
	}
	rule, _ := c.rule(a)
	return rule.Tell
}

// Called is how a person is called on GitHub: "@login", or the name alone of one
// who has no account there.
func (c *Config) Called(person string) string {
	if c != nil && len(c.People[person].GitHub) > 0 {
		return "@" + login(c.People[person].GitHub[0])
	}
	return person
}

// person returns whose the identity is. One that says two things of two people
// is nobody's.
func (c *Config) person(id Identity) (string, bool) {
	if id.Person != "" {
		_, ok := c.People[id.Person]
		return id.Person, ok
	}
	found := ""
	for name, p := range c.People {
		is := id.Key != "" && slices.Contains(p.Keys, id.Key) ||
			p.accounts(id) || id.Email != "" && contains(p.Emails, id.Email)
		if is && found != "" {
			return "", false
		}
		if is {
			found = name
		}
	}
	return found, found != ""
}

func (c *Config) rule(a Approval) (Rule, bool) {
	i := slices.IndexFunc(c.Rules, func(r Rule) bool {
		return anyOf(r.Policies, a.Policy) && anyOf(r.Capabilities, a.Capability) && anyOf(r.Repositories, strings.ToLower(a.Repository))
	})
	if i < 0 {
		return Rule{}, false
	}
	return c.Rules[i], true
}

// anyOf reports whether a glob fits name, as an empty list does.
func anyOf(globs []string, name string) bool {
	return len(globs) == 0 || slices.ContainsFunc(globs, func(g string) bool {
		ok, err := path.Match(strings.ToLower(g), name)
		return ok && err == nil
	})
}

func (c *Config) named(by []string, person string) bool {
	return slices.ContainsFunc(by, func(name string) bool { return name == person || slices.Contains(c.Teams[name], person) })
}

func contains(list []string, name string) bool {
	return slices.ContainsFunc(list, func(x string) bool { return strings.EqualFold(x, name) })
}
