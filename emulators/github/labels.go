package github

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
)

func listLabels(c *call) answer {
	issue := c.issue()
	if issue == nil {
		return notFound()
	}
	return listed(c, items(issue["labels"]))
}

func addLabels(c *call) answer {
	return c.changeLabels(func(now []object) []object { return c.labelled(now, c.wantedLabels()) })
}

func setLabels(c *call) answer {
	return c.changeLabels(func([]object) []object { return c.labelled(nil, c.wantedLabels()) })
}

func removeLabel(c *call) answer {
	issue := c.issue()
	if issue == nil {
		return notFound()
	}
	if find(items(issue["labels"]), "name", c.r.PathValue("name")) < 0 {
		return refuse(http.StatusNotFound, "Label does not exist")
	}
	return c.changeLabels(func(now []object) []object {
		i := find(now, "name", c.r.PathValue("name"))
		return slices.Delete(slices.Clone(now), i, i+1)
	})
}

func (c *call) changeLabels(change func(now []object) []object) answer {
	issue := c.issue()
	if issue == nil {
		return notFound()
	}
	to := change(items(issue["labels"]))
	if !same(issue, object{"labels": to}) {
		issue = c.saveIssue(issue, object{"labels": to})
	}
	a := listed(c, to)
	a.resource = urlOf(issue)
	return a
}

// wantedLabels reads {"labels": […]} or the bare list.
func (c *call) wantedLabels() []string {
	list, _ := c.body["labels"].([]any) // none then
	if bare, isList := c.body[""].([]any); isList {
		list = bare
	}
	return labelNames(list)
}

// labelNames reads labels given by name, or as objects with a name.
func labelNames(list []any) []string {
	var names []string
	for _, x := range list {
		if o, isObject := x.(object); isObject {
			x = o["name"]
		}
		names = append(names, text(x))
	}
	return names
}

// labelled adds labels by name; a name that is new to the repository makes a
// label, as GitHub does.
func (c *call) labelled(now []object, names []string) []object {
	out := slices.Clone(now)
	if out == nil {
		out = []object{}
	}
	for _, name := range names {
		if name == "" || find(out, "name", name) >= 0 {
			continue
		}
		label := c.get(c.in("labels"), strings.ToLower(name))
		if label == nil {
			id := c.next()
			label = object{
				"id": id, "node_id": key("LA_", id), "name": name, "color": "ededed", "default": false, "description": nil,
				"url": c.api("labels", url.PathEscape(name)),
			}
			c.put(c.in("labels"), strings.ToLower(name), label)
		}
		out = append(out, label)
	}
	return out
}
