package github

import (
	"crypto/sha1" //nolint:gosec // git's object names
	"encoding/hex"
	"fmt"
	"net/http"
	"strings"
)

// sha makes up the name of a git object from what it is of.
func sha(parts ...any) string {
	sum := sha1.Sum([]byte(fmt.Sprint(parts...))) //nolint:gosec // git's object names
	return hex.EncodeToString(sum[:])
}

// mergePull merges under the precondition that the head is still `sha`.
// https://docs.github.com/rest/pulls/pulls#merge-a-pull-request
func mergePull(c *call) answer {
	pull := c.pull()
	if pull == nil {
		return notFound()
	}
	head, base := sub(pull, "head"), sub(pull, "base")
	if pull["state"] != "open" || pull["draft"] == true || pull["mergeable"] == false {
		return refuse(http.StatusMethodNotAllowed, "Pull Request is not mergeable")
	}
	if want := text(c.body["sha"]); want != "" && !strings.EqualFold(want, text(head["sha"])) {
		return refuse(http.StatusConflict, "Head branch was modified. Review and try the merge again.")
	}
	tip := c.tip(text(base["ref"]), text(base["sha"]))
	parents := []string{tip, text(head["sha"])}
	if m := text(c.body["merge_method"]); m == "squash" || m == "rebase" {
		parents = parents[:1]
	}
	made := c.commit(sha(c.next(), tip, head["sha"]), "Merge pull request #"+key(number(pull["number"])), parents...)
	c.setRef("heads/"+text(base["ref"]), made)
	c.savePull(pull, object{
		"state": "closed", "merged": true, "merged_at": c.stamp(), "closed_at": c.stamp(), "merged_by": c.bot(),
		"merge_commit_sha": made, "mergeable": nil, "mergeable_state": "unknown",
	})
	a := ok(object{"sha": made, "merged": true, "message": "Pull Request successfully merged"})
	a.resource = urlOf(pull)
	return a
}

// updateBranch merges the base into the head, at once where GitHub takes a
// moment. https://docs.github.com/rest/pulls/pulls#update-a-pull-request-branch
func updateBranch(c *call) answer {
	pull := c.pull()
	if pull == nil {
		return notFound()
	}
	if !c.who.may("contents", "write") {
		return refuse(http.StatusForbidden, "Resource not accessible by integration")
	}
	head, base := sub(pull, "head"), sub(pull, "base")
	if want := text(c.body["expected_head_sha"]); want != "" && !strings.EqualFold(want, text(head["sha"])) {
		return refuse(http.StatusUnprocessableEntity, "expected head sha didn't match current head ref.")
	}
	tip := c.tip(text(base["ref"]), text(base["sha"]))
	if _, behind := c.compare(tip, text(head["sha"])); behind == 0 {
		return refuse(http.StatusUnprocessableEntity, "There are no new commits on the base branch.")
	}
	made := c.commit(sha(c.next(), tip, head["sha"]), "Merge branch "+text(base["ref"]), text(head["sha"]), tip)
	c.setRef("heads/"+text(head["ref"]), made)
	c.savePull(pull, object{"head": with(head, object{"sha": made}), "base": with(base, object{"sha": tip}), "mergeable_state": "clean"})
	return answer{
		status: http.StatusAccepted, resource: urlOf(pull),
		body: object{"message": "Updating pull request branch.", "url": c.html("pull", number(pull["number"]))},
	}
}
