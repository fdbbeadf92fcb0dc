package gateway

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"html/template"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/approval"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/approval/link"
)

// sheet is HTML that loads nothing and may do nothing but send its form back.
type sheet struct {
	Status   int
	Type     string `header:"Content-Type"`
	Policy   string `header:"Content-Security-Policy"`
	Referrer string `header:"Referrer-Policy"`
	Cache    string `header:"Cache-Control"`
	Sniff    string `header:"X-Content-Type-Options"`
	Body     []byte
}

// asked is what the page of a link shows.
type asked struct {
	Link     link.Link
	Approval approval.Approval
}

// Title is the question in short.
func (a asked) Title() string {
	switch {
	case a.Link.Verb == approval.Approve:
		return "Approve this?"
	case a.Approval.Category == "Alert":
		return "Veto this?"
	default:
		return "Reject this?"
	}
}

// Button is the answer in a word.
func (a asked) Button() string {
	title := a.Title()
	return title[:len(title)-len(" this?")]
}

// render makes a page. Its referrer policy is not "no-referrer": browsers would
// then send the form with "Origin: null", which is no site of ours.
func render(status int, name string, data any) (*sheet, error) {
	var body bytes.Buffer
	if err := pages.ExecuteTemplate(&body, name, data); err != nil {
		return nil, fmt.Errorf("write the page of a link: %w", err)
	}
	return &sheet{
		Status: status, Type: "text/html; charset=utf-8", Cache: "no-store", Sniff: "nosniff", Referrer: "same-origin",
		Policy: contentPolicy, Body: body.Bytes(),
	}, nil
}

// look is all that a page looks like; the policy names its hash, so that no
// other style is taken.
const look = `body{font:16px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:38rem;padding:0 1rem;color:#1c2430}
h1{font-size:1.5rem}code{font-size:.9em;background:#eef1f5;padding:.1em .3em;border-radius:4px}ins{text-decoration:none;font-weight:600}
li{margin:.3rem 0;overflow-wrap:anywhere}input{font:inherit;width:100%;box-sizing:border-box;padding:.4rem;margin:.2rem 0 .8rem}
button{font:inherit;font-weight:600;padding:.5rem 1.4rem;border:0;border-radius:6px;background:#1f6feb;color:#fff}small{color:#5b6675}`

// contentPolicy lets a page do nothing but look so and send its form back.
var contentPolicy = func() string {
	sum := sha256.Sum256([]byte(look))
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
}()

// pages are the pages; what comes from outside stands in <bdi>, so that it
// cannot turn the text around it.
var pages = template.Must(template.New("").Parse(`{{define "head"}}<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta name="robots" content="noindex">
<title>Infinity-Matrix</title><style>` + look + `</style><main>{{end}}
{{define "ask"}}{{template "head"}}<h1>{{.Title}}</h1>
{{with .Approval}}<p>Policy <b><bdi>{{.Policy}}</bdi></b> would do this on <b><bdi>{{.Resource}}</bdi></b>:</p>
<ul>{{with .Plan}}{{range .Effects}}<li>{{.Verb}}{{with .Before}} <del><bdi>{{.}}</bdi></del>{{end}}{{with .After}} <ins><bdi>{{.}}</bdi></ins>{{end}}</li>
{{end}}{{else}}<li>{{.Action}}</li>{{end}}{{range .Then}}<li>then {{.Action}} on <bdi>{{.Resource}}</bdi>: <code><bdi>{{printf "%s" .Args}}</bdi></code></li>
{{end}}</ul>{{with .SHA}}<p>At commit <code>{{.}}</code>.</p>{{end}}{{end}}
<form method="post"><label>Note, if you like<input name="note" maxlength="250"></label> <button>{{.Button}}</button></form>
<p><small>You answer as <b>{{.Link.Person}}</b>, once, until {{.Link.Until.Format "15:04 MST"}}. Nothing has been answered yet.</small></p></main>{{end}}
{{define "done"}}{{template "head"}}<h1>Answered</h1><p>{{.Action}} on <bdi>{{.Resource}}</bdi> is now {{.State}}: <bdi>{{.Reason}}</bdi></p>
<p><small>You can close this page.</small></p></main>{{end}}
{{define "sorry"}}{{template "head"}}<h1>This did not count</h1><p><bdi>{{.}}</bdi></p></main>{{end}}`))
