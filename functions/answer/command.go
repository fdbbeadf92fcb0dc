package answer

import (
	"regexp"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/text"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/approval"
)

// command is one answer that a comment gives.
type command struct {
	verb      approval.Verb
	execution string
	note      string
}

// maxCommands is how many answers one comment may give, and maxNote the
// longest reason, in bytes.
const (
	maxCommands = 5
	maxNote     = 1000
)

var line = regexp.MustCompile(`^/(approve|veto|reject) +([a-z2-7]{8,26})(?: +(.*))?$`)

// commands returns the answers that body gives: lines of plain paragraphs, as
// people see the comment. What is shown as a quotation, code, a list or struck
// out is no answer, nor what a tag hides; so it is read as GitHub reads it
// (https://github.github.com/gfm), not by its first characters.
func commands(body string) []command {
	source := []byte(body)
	md := goldmark.New(goldmark.WithExtensions(extension.GFM))
	var out []command
	for block := md.Parser().Parse(text.NewReader(source)).FirstChild(); block != nil; block = block.NextSibling() {
		if html, ok := block.(*ast.HTMLBlock); ok && html.HTMLBlockType != ast.HTMLBlockType2 {
			break // what follows may be within its tag; a comment (type 2) ends with itself
		}
		if p, ok := block.(*ast.Paragraph); ok {
			out = append(out, answers(p, source)...)
		}
	}
	return out[:min(len(out), maxCommands)]
}

// answers returns the lines of p that are answers. One counts only if its
// beginning is plain text: no part of a code span, a link, an emphasis or a tag.
func answers(p *ast.Paragraph, source []byte) []command {
	plain := map[int]bool{}
	for n := p.FirstChild(); n != nil; n = n.NextSibling() {
		if n.Kind() == ast.KindRawHTML {
			return nil
		}
		if t, ok := n.(*ast.Text); ok {
			plain[t.Segment.Start] = true
		}
	}
	var out []command
	for i := range p.Lines().Len() {
		at := p.Lines().At(i)
		parts := line.FindStringSubmatch(strings.TrimRight(string(at.Value(source)), " \t\r\n"))
		if parts == nil || !plain[at.Start] {
			continue
		}
		c := command{verb: approval.Reject, execution: parts[2], note: strings.ToValidUTF8(parts[3][:min(len(parts[3]), maxNote)], "")}
		if parts[1] == "approve" {
			c.verb = approval.Approve
		}
		out = append(out, c)
	}
	return out
}
