package openapi

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// checkRequest returns what is wrong with a request.
func (d *description) checkRequest(op operation, r *http.Request, body []byte) []string {
	var faults []string
	for _, p := range op.path {
		if err := p.accepts(r.PathValue(p.name)); err != nil {
			faults = append(faults, fmt.Sprintf("path parameter %s: %s", p.name, reason(err)))
		}
	}
	query := r.URL.Query()
	for name, values := range query {
		i := slices.IndexFunc(op.query, func(p parameter) bool { return p.name == name })
		if i < 0 {
			faults = append(faults, "there is no query parameter "+name)
			continue
		}
		for _, v := range values {
			if err := op.query[i].accepts(v); err != nil {
				faults = append(faults, fmt.Sprintf("query parameter %s: %s", name, reason(err)))
			}
		}
	}
	for _, p := range op.query {
		if p.must && !query.Has(p.name) {
			faults = append(faults, "the query parameter "+p.name+" is missing")
		}
	}
	return append(faults, d.checkBody(op, body)...)
}

func (d *description) checkBody(op operation, body []byte) []string {
	body = bytes.TrimSpace(body)
	switch {
	case len(body) == 0 && op.must:
		return []string{"the body is missing"}
	case len(body) == 0:
		return nil
	case op.body == nil:
		return []string{"the operation takes no body"}
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	if err != nil {
		return []string{"the body is not JSON: " + err.Error()}
	}
	if err := op.body.Validate(value); err != nil {
		return []string{"body: " + reason(err)}
	}
	return d.unknown(op.raw, value, "body")
}

// accepts reports why a parameter's text does not fit; a number or boolean is
// written as JSON has it.
func (p parameter) accepts(text string) error {
	err := p.schema.Validate(text)
	if err == nil {
		return nil
	}
	if b, bad := strconv.ParseBool(text); bad == nil && p.schema.Validate(b) == nil {
		return nil
	}
	if _, bad := strconv.ParseFloat(text, 64); bad == nil && p.schema.Validate(json.Number(text)) == nil {
		return nil
	}
	return err
}

// common are statuses that GitHub may answer to any operation: a dead token,
// a missing permission, a limit, a resource that is hidden, a request that makes
// no sense, a fault of its own.
var common = []int{
	http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusTooManyRequests,
	http.StatusInternalServerError, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout,
	http.StatusBadRequest, http.StatusUnprocessableEntity,
}

// checkResponse returns what is wrong with a response, "" if nothing is.
func (d *description) checkResponse(op operation, method string, rec *recorder) string {
	if rec.status == http.StatusNotModified && method == http.MethodGet {
		return ""
	}
	schema, described := op.answers[strconv.Itoa(rec.status)]
	if !described {
		if !slices.Contains(common, rec.status) {
			return "GitHub's description has no such status"
		}
		schema = d.refusal
	}
	body := bytes.TrimSpace(rec.body.Bytes())
	if schema == nil {
		if len(body) > 0 && rec.status < http.StatusBadRequest {
			return "GitHub's description has no body"
		}
		return ""
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	if err != nil {
		return "the body is not JSON: " + err.Error()
	}
	if err := schema.Validate(value); err != nil {
		return reason(err)
	}
	return ""
}

// reason leaves out the first line of a validation error: the schema's address.
func reason(err error) string {
	_, why, _ := strings.Cut(err.Error(), "\n")
	return strings.TrimSpace(why)
}
