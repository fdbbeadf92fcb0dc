package answer

import (
	"encoding/json"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/event"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
)

// comment is what is read of an issue_comment event
// (https://docs.github.com/webhooks/webhook-events-and-payloads#issue_comment).
type comment struct {
	Action  string `json:"action"`
	Comment struct {
		Body string `json:"body"`
		User struct {
			Login string      `json:"login"`
			ID    json.Number `json:"id"`
			Type  string      `json:"type"`
		} `json:"user"`
		CreatedAt time.Time       `json:"created_at"`
		UpdatedAt time.Time       `json:"updated_at"`
		App       json.RawMessage `json:"performed_via_github_app"`
	} `json:"comment"`
	Sender struct {
		Login string `json:"login"`
	} `json:"sender"`
}

func read(e event.Event) (comment, error) {
	var c comment
	if err := json.Unmarshal(e.Data, &c); err != nil {
		return c, fault.Wrap(fault.Invalid, err, "event %s is no comment", e.ID)
	}
	return c, nil
}

// edited reports whether the comment may say something else than its author
// wrote first, or was sent by somebody else.
func (c comment) edited() bool {
	return c.Action != "created" || !c.Comment.UpdatedAt.Equal(c.Comment.CreatedAt) || c.Sender.Login != c.Comment.User.Login
}

// bot reports whether no person wrote it.
func (c comment) bot() bool {
	return c.Comment.User.Type != "User" || len(c.Comment.App) > 0 && string(c.Comment.App) != "null"
}
