package approval

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
)

// noreply is the domain of the addresses that GitHub gives to people who hide
// theirs: "login@…" or "id+login@…"
// (https://docs.github.com/account-and-profile/reference/email-addresses-reference).
const noreply = "@users.noreply.github.com"

// Address is how an e-mail address stands among causes: the login, if GitHub
// gave it; otherwise a hash, since addresses are not kept. "" names nobody.
func Address(email string) string {
	email = strings.ToLower(strings.TrimSpace(email))
	if name, ok := strings.CutSuffix(email, noreply); ok {
		if _, login, numbered := strings.Cut(name, "+"); numbered {
			return login
		}
		return name
	}
	if !strings.Contains(email, "@") {
		return ""
	}
	sum := sha256.Sum256([]byte(email))
	return "mail:" + hex.EncodeToString(sum[:12])
}

// caused reports whether any identity of p is among causes.
func (p Person) caused(causes []string) bool {
	return slices.ContainsFunc(p.GitHub, func(account string) bool { return contains(causes, login(account)) }) ||
		slices.ContainsFunc(p.Emails, func(email string) bool { return contains(causes, Address(email)) })
}

// login is the name in what approvals.yaml says of an account: "ana", or
// "ana#583231" with GitHub's number of it.
func login(account string) string {
	name, _, _ := strings.Cut(account, "#")
	return name
}

// accounts reports whether one of p's accounts is id's. The number is the
// account: with it, a renamed one is known, and one that took its name is not.
func (p Person) accounts(id Identity) bool {
	return slices.ContainsFunc(p.GitHub, func(account string) bool {
		name, number, numbered := strings.Cut(account, "#")
		if numbered {
			return id.GitHubID == number
		}
		return id.GitHub != "" && strings.EqualFold(name, id.GitHub)
	})
}

// ByLink is who answers by a link that was made for person, as an actor.
func ByLink(person string) string { return "link:" + person }

// Same reports whether two actors ("key:ana", "github:ana", "link:ana") are one
// human, as far as c tells.
func (c *Config) Same(a, b string) bool {
	a, b = strings.ToLower(a), strings.ToLower(b)
	if a == b || c == nil {
		return a == b
	}
	for name, p := range c.People {
		mine := []string{strings.ToLower(ByLink(name))}
		for _, id := range p.identities() {
			mine = append(mine, strings.ToLower(id))
		}
		if slices.Contains(mine, a) && slices.Contains(mine, b) {
			return true
		}
	}
	return false
}
