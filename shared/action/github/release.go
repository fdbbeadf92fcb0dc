package github

import (
	"context"
	"encoding/json"
	"net/url"
	"strconv"

	gh "github.com/google/go-github/v66/github"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/action"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
)

type releaseArgs struct {
	Tag        string `json:"tag"`
	Name       string `json:"name"`
	Body       string `json:"body"`
	Draft      bool   `json:"draft"`
	Prerelease bool   `json:"prerelease"`
}

// release creates a release. Class B: GitHub refuses a second published
// release of a tag but takes any number of drafts, so the body carries a
// marker. https://docs.github.com/rest/releases/releases
type release struct{ kit[releaseArgs] }

func newRelease(c Clients) release {
	return release{newKit[releaseArgs](c, action.Spec{
		Name: "github.release.create", Summary: "Create a release, or a draft of one",
		Kind: "repository", Class: action.ClassB, Reversible: true,
		Args: json.RawMessage(`{"type":"object","additionalProperties":false,"required":["tag"],"properties":{
			"tag":{"type":"string","pattern":"^[A-Za-z0-9][A-Za-z0-9._/+-]{0,99}$","not":{"pattern":"\\.\\.|//|/\\.|[./]$|\\.lock(/|$)"}},
			"name":{"type":"string","maxLength":255},
			"body":` + bodySchema + `,
			"draft":{"type":"boolean","default":false},
			"prerelease":{"type":"boolean","default":false}}}`),
		Permissions: map[string]string{"contents": "write"},
	})}
}

// Key is the tag: it is released once.
func (a release) Key(_ action.Target, raw json.RawMessage) (string, error) {
	args, err := a.args(raw)
	if err != nil {
		return "", err
	}
	return key(args.Tag)
}

// before is what Revert must know: whether the tag was there already.
type before struct {
	Tagged bool `json:"tagged"`
}

func (a release) Plan(ctx context.Context, r action.Request) (action.Plan, error) {
	_, found, err := a.Probe(ctx, r)
	if err != nil || found {
		return action.Plan{}, err
	}
	j, err := a.open(r)
	if err != nil {
		return action.Plan{}, err
	}
	_, _, err = j.Repositories.GetReleaseByTag(ctx, j.owner, j.repo, url.PathEscape(j.args.Tag))
	if err = j.fail(err); !fault.Is(err, fault.NotFound) {
		return action.Plan{}, err // released by somebody, or not to be told
	}
	_, _, err = j.Git.GetRef(ctx, j.owner, j.repo, "tags/"+j.args.Tag)
	if err = j.fail(err); err != nil && !fault.Is(err, fault.NotFound) {
		return action.Plan{}, err
	}
	after := j.args.Tag
	if j.args.Draft {
		after += " (draft)"
	}
	return action.Plan{
		Effects: []action.Effect{{Verb: "create release", Field: "release:" + j.args.Tag, After: after}},
		State:   state(before{Tagged: err == nil}),
	}, nil
}

func (a release) Apply(ctx context.Context, r action.Request, _ action.Plan) (action.Result, error) {
	j, err := a.open(r)
	if err != nil {
		return action.Result{}, err
	}
	want := &gh.RepositoryRelease{
		TagName: gh.String(j.args.Tag), Body: gh.String(marked(r, j.args.Body)),
		Draft: gh.Bool(j.args.Draft), Prerelease: gh.Bool(j.args.Prerelease),
	}
	if j.args.Name != "" {
		want.Name = gh.String(j.args.Name)
	}
	if r.Target.SHA != "" {
		want.TargetCommitish = gh.String(r.Target.SHA) // not what the branch has become since
	}
	made, _, err := j.Repositories.CreateRelease(ctx, j.owner, j.repo, want)
	if err != nil {
		return action.Result{}, j.fail(err)
	}
	return released(made), nil
}

// Probe looks through the releases, drafts too, for ours with the marker.
func (a release) Probe(ctx context.Context, r action.Request) (action.Result, bool, error) {
	j, err := a.open(r)
	if err != nil {
		return action.Result{}, false, err
	}
	bot, err := a.clients.Bot(ctx)
	if err != nil {
		return action.Result{}, false, err
	}
	opts := &gh.ListOptions{PerPage: 100}
	for {
		releases, resp, err := j.Repositories.ListReleases(ctx, j.owner, j.repo, opts)
		if err != nil {
			return action.Result{}, false, j.fail(err)
		}
		for _, x := range releases {
			if ours(r, bot, x.GetAuthor().GetLogin(), x.GetBody()) {
				return released(x), true, nil
			}
		}
		if resp.NextPage == 0 {
			return action.Result{}, false, nil
		}
		opts.Page = resp.NextPage
	}
}

func (a release) Verify(ctx context.Context, r action.Request, res action.Result) (action.Outcome, error) {
	j, id, err := a.made(r, res)
	if err != nil {
		return action.Unknown, err
	}
	x, _, err := j.Repositories.GetRelease(ctx, j.owner, j.repo, id)
	err = j.fail(err)
	switch {
	case fault.Is(err, fault.NotFound):
		return action.Failed, nil
	case err != nil:
		return action.Unknown, err
	case x.GetTagName() != j.args.Tag || x.GetDraft() != j.args.Draft:
		return action.Failed, nil
	}
	return action.Worked, nil
}

// Revert deletes the release, and the tag if the release made it.
func (a release) Revert(ctx context.Context, r action.Request, p action.Plan, res action.Result) error {
	j, id, err := a.made(r, res)
	if err != nil {
		return err
	}
	was := before{Tagged: true} // unknown: leave the tag alone
	if err := read(p.State, &was); err != nil {
		return err
	}
	_, err = j.Repositories.DeleteRelease(ctx, j.owner, j.repo, id)
	if err := gone(j.fail(err)); err != nil || was.Tagged || j.args.Draft {
		return err
	}
	_, err = j.Git.DeleteRef(ctx, j.owner, j.repo, "tags/"+j.args.Tag)
	if err = j.fail(err); fault.Is(err, fault.Invalid) { // 422: the reference does not exist
		return nil
	}
	return gone(err)
}

func released(x *gh.RepositoryRelease) action.Result {
	return action.Result{ID: strconv.FormatInt(x.GetID(), 10), URL: x.GetHTMLURL()}
}
