package github

import (
	"net/http"
	"slices"
)

var hookRoutes = []route{
	{pattern: at("GET", "/hooks"), needs: "repository_hooks:read", do: listHooks},
	{pattern: at("GET", "/hooks/{hook}/deliveries"), needs: "repository_hooks:read", do: hookDeliveries},
	{pattern: at("GET", "/hooks/{hook}/deliveries/{delivery}"), needs: "repository_hooks:read", do: hookDelivery},
	{pattern: at("POST", "/hooks/{hook}/deliveries/{delivery}/attempts"), needs: "repository_hooks:write", silent: true, do: redeliver},
	{pattern: "GET /app/hook/deliveries", needs: "app", do: appDeliveries},
	{pattern: "GET /app/hook/deliveries/{delivery}", needs: "app", do: appDelivery},
	{pattern: "POST /app/hook/deliveries/{delivery}/attempts", needs: "app", silent: true, do: redeliver},
}

// hookID is the one hook that each repository has: the App's.
const hookID = 1

func (c *call) hook() object {
	return object{
		"id": hookID, "type": "Repository", "name": "web", "active": true, "events": []any{"*"},
		"config":     object{"content_type": "json", "insecure_ssl": "0", "url": c.s.cfg.WebhookURL, "secret": "********"},
		"created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-01T00:00:00Z",
		"url": c.api("hooks", hookID), "test_url": c.api("hooks", hookID, "test"), "ping_url": c.api("hooks", hookID, "pings"),
		"deliveries_url": c.api("hooks", hookID, "deliveries"),
		"last_response":  object{"code": nil, "status": "unused", "message": nil},
	}
}

func listHooks(c *call) answer { return listed(c, []object{c.hook()}) }

// deliveries lists newest first, of one repository if it is not 0, without
// what was sent and answered.
func (c *call) deliveries(repository int64) []object {
	out := []object{}
	status := c.r.URL.Query().Get("status")
	for _, d := range slices.Backward(c.list("deliveries")) {
		failed := number(d["status_code"])/100 != 2
		if (repository != 0 && number(d["repository_id"]) != repository) ||
			(status == "success" && failed) || (status == "failure" && !failed) {
			continue
		}
		short := with(d, nil)
		delete(short, "request")
		delete(short, "response")
		delete(short, "url")
		out = append(out, short)
	}
	return out
}

func hookDeliveries(c *call) answer {
	if c.path("hook") != hookID {
		return notFound()
	}
	return listed(c, c.deliveries(c.id))
}

func hookDelivery(c *call) answer {
	d := c.get("deliveries", c.r.PathValue("delivery"))
	if c.path("hook") != hookID || d == nil || number(d["repository_id"]) != c.id {
		return notFound()
	}
	return ok(d)
}

func appDeliveries(c *call) answer { return listed(c, c.deliveries(0)) }

func appDelivery(c *call) answer {
	if d := c.get("deliveries", c.r.PathValue("delivery")); d != nil {
		return ok(d)
	}
	return notFound()
}

// redeliver sends the same body again under the same delivery id. GitHub
// answers at once and sends afterwards; so does the fake.
func redeliver(c *call) answer {
	d := c.get("deliveries", c.r.PathValue("delivery"))
	if d == nil || (c.repo != nil && number(d["repository_id"]) != c.id) {
		return notFound()
	}
	c.s.later(c.r.Context(), d)
	return answer{status: http.StatusAccepted, body: object{}}
}
