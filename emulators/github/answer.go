package github

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// answer is what a handler gives back. A status of 400 and more undoes what
// the handler changed.
type answer struct {
	status   int
	body     any
	header   map[string]string
	resource string // URL of what was changed, for the effect
}

const docs = "https://docs.github.com/rest"

func ok(body any) answer { return answer{status: http.StatusOK, body: body, resource: urlOf(body)} }

func created(body any) answer {
	return answer{status: http.StatusCreated, body: body, resource: urlOf(body)}
}

func noContent() answer { return answer{status: http.StatusNoContent} }

func urlOf(body any) string {
	doc, isObject := body.(object)
	if !isObject {
		return ""
	}
	return text(doc["url"])
}

// refuse is an error as GitHub words it.
func refuse(status int, message string) answer {
	return answer{status: status, body: object{
		"message": message, "documentation_url": docs, "status": strconv.Itoa(status),
	}}
}

func notFound() answer { return refuse(http.StatusNotFound, "Not Found") }

// invalid is GitHub's 422 for a field.
func invalid(resource, field, code string) answer {
	return answer{status: http.StatusUnprocessableEntity, body: object{
		"message": "Validation Failed", "documentation_url": docs, "status": "422",
		"errors": []any{object{"resource": resource, "field": field, "code": code}},
	}}
}

// page cuts a list as per_page and page say, and sets Link.
func page[T any](c *call, list []T) ([]T, map[string]string) {
	q := c.r.URL.Query()
	size, at := atoi(q.Get("per_page"), 30), atoi(q.Get("page"), 1)
	size, at = min(max(size, 1), 100), max(at, 1)
	last := max((len(list)+size-1)/size, 1)
	var links []string
	link := func(n int, rel string) {
		q.Set("page", strconv.Itoa(n))
		links = append(links, fmt.Sprintf(`<http://%s%s?%s>; rel=%q`, c.r.Host, c.r.URL.EscapedPath(), q.Encode(), rel))
	}
	if at > 1 {
		link(at-1, "prev")
	}
	if at < last {
		link(at+1, "next")
		link(last, "last")
	}
	if at > 1 {
		link(1, "first")
	}
	header := map[string]string{}
	if len(links) > 0 {
		header["Link"] = strings.Join(links, ", ")
	}
	from := min((at-1)*size, len(list))
	return list[from:min(from+size, len(list))], header
}

// listed answers with one page of a list.
func listed(c *call, list []object) answer {
	part, header := page(c, list)
	if part == nil {
		part = []object{}
	}
	return answer{status: http.StatusOK, body: part, header: header}
}

// counted answers with one page under a name, and the whole's size.
func counted(c *call, name string, list []object) answer {
	a := listed(c, list)
	a.body = object{"total_count": len(list), name: a.body}
	return a
}

func atoi(s string, otherwise int) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		return otherwise
	}
	return n
}

// write sends a, or 304 if the client has it already.
func (a answer) write(w http.ResponseWriter, r *http.Request) error {
	h := w.Header()
	for name, value := range a.header {
		h.Set(name, value)
	}
	if a.body == nil {
		w.WriteHeader(a.status)
		return nil
	}
	raw, err := encode(a.body)
	if err != nil {
		return err
	}
	h.Set("Content-Type", "application/json; charset=utf-8")
	if r.Method == http.MethodGet && a.status == http.StatusOK {
		sum := sha256.Sum256(raw)
		tag := `W/"` + hex.EncodeToString(sum[:]) + `"`
		h.Set("ETag", tag)
		if match := r.Header.Get("If-None-Match"); match == tag || match == tag[2:] {
			w.WriteHeader(http.StatusNotModified)
			return nil
		}
	}
	w.WriteHeader(a.status)
	_, err = w.Write(raw)
	return err
}
