package github_test

import (
	"testing"

	gh "github.com/google/go-github/v66/github"
)

func TestReleases(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	p := w.at(t, "release.published")
	c, ctx := w.as(t, p.installation, nil), t.Context()
	create := func(tag string, draft bool) (*gh.RepositoryRelease, *gh.Response, error) {
		return c.Repositories.CreateRelease(ctx, p.owner, p.repo, &gh.RepositoryRelease{
			TagName: &tag, Draft: &draft, Name: gh.String("N"), Body: gh.String("B <!-- infinity:rel -->"),
		})
	}
	made, resp, err := create("v/1", false)
	status(t, "create", resp, err, 201)
	if made.GetAuthor().GetLogin() != "infinity-matrix[bot]" || w.Effects()[0].Key != "rel" {
		t.Errorf("made %v, effects %v", made, w.Effects())
	}
	_, resp, err = create("v/1", false)
	status(t, "create again", resp, err, 422)
	for range 2 {
		_, resp, err = create("v2", true)
		status(t, "draft", resp, err, 201)
	}
	_, resp, err = c.Repositories.GetReleaseByTag(ctx, p.owner, p.repo, "v2")
	status(t, "a draft has no tag", resp, err, 404)
	_, resp, err = c.Repositories.GetReleaseByTag(ctx, p.owner, p.repo, "v%2F1")
	status(t, "by tag", resp, err, 200)
	list, resp, err := c.Repositories.ListReleases(ctx, p.owner, p.repo, nil)
	status(t, "list", resp, err, 200)
	if len(list) != 4 {
		t.Errorf("%d releases", len(list))
	}
	_, resp, err = c.Repositories.GetRelease(ctx, p.owner, p.repo, made.GetID())
	status(t, "get", resp, err, 200)
	resp, err = c.Repositories.DeleteRelease(ctx, p.owner, p.repo, made.GetID())
	status(t, "delete", resp, err, 204)
	_, resp, err = c.Repositories.GetRelease(ctx, p.owner, p.repo, made.GetID())
	status(t, "get deleted", resp, err, 404)

	_, resp, err = c.Git.GetRef(ctx, p.owner, p.repo, "tags/v/1")
	status(t, "its tag", resp, err, 200)
	resp, err = c.Git.DeleteRef(ctx, p.owner, p.repo, "tags/v/1")
	status(t, "delete the tag", resp, err, 204)
	resp, err = c.Git.DeleteRef(ctx, p.owner, p.repo, "tags/v/1")
	status(t, "delete it again", resp, err, 422)
}

func TestRefs(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	p := w.at(t, "push")
	c, ctx := w.as(t, p.installation, nil), t.Context()
	repo, _, err := c.Repositories.GetByID(ctx, p.id)
	if err != nil {
		t.Fatal(err)
	}
	head, resp, err := c.Git.GetRef(ctx, p.owner, p.repo, "heads/"+repo.GetDefaultBranch())
	status(t, "get", resp, err, 200)
	_, resp, err = c.Repositories.GetCommit(ctx, p.owner, p.repo, repo.GetDefaultBranch(), nil)
	status(t, "commit", resp, err, 200)
	ref := &gh.Reference{Ref: gh.String("refs/heads/new"), Object: &gh.GitObject{SHA: head.Object.SHA}}
	_, resp, err = c.Git.CreateRef(ctx, p.owner, p.repo, ref)
	status(t, "create", resp, err, 201)
	_, resp, err = c.Git.CreateRef(ctx, p.owner, p.repo, ref)
	status(t, "create again", resp, err, 422)
	_, resp, err = c.Git.GetRef(ctx, p.owner, p.repo, "heads/none")
	status(t, "get none", resp, err, 404)
}
