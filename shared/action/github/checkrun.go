package github

import (
	"context"
	"encoding/json"
	"strconv"

	gh "github.com/google/go-github/v66/github"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/action"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
)

type checkArgs struct {
	Name       string `json:"name"`
	Status     string `json:"status"`
	Conclusion string `json:"conclusion"`
	Title      string `json:"title"`
	Summary    string `json:"summary"`
}

// checkRun creates a check run on a commit. Class B: GitHub takes the same run
// twice; external_id carries the key, and only our App's runs are looked at.
// Check runs cannot be deleted. https://docs.github.com/rest/checks/runs
type checkRun struct{ kit[checkArgs] }

func newCheckRun(c Clients) checkRun {
	return checkRun{newKit[checkArgs](c, action.Spec{
		Name: "github.check_run.create", Summary: "Put a check run on a commit",
		Kind: "commit", Class: action.ClassB,
		Args: json.RawMessage(`{"type":"object","additionalProperties":false,"required":["name","title","summary"],"properties":{
			"name":{"type":"string","minLength":1,"maxLength":100},
			"status":{"enum":["queued","in_progress","completed"],"default":"completed"},
			"conclusion":{"enum":["action_required","cancelled","failure","neutral","success","skipped","timed_out"]},
			"title":{"type":"string","minLength":1,"maxLength":255},
			"summary":{"type":"string","minLength":1,"maxLength":65000}},
			"if":{"required":["status"],"properties":{"status":{"enum":["queued","in_progress"]}}},
			"then":{"properties":{"conclusion":false}},"else":{"required":["conclusion"]}}`),
		Permissions: map[string]string{"checks": "write"},
	})}
}

// Key is what the run says; the commit is the target.
func (a checkRun) Key(t action.Target, raw json.RawMessage) (string, error) {
	args, err := a.args(raw)
	if err != nil {
		return "", err
	}
	return key(t.ID, args.Name, args.status(), args.Conclusion, args.Title, args.Summary)
}

func (a checkRun) Plan(ctx context.Context, r action.Request) (action.Plan, error) {
	_, found, err := a.Probe(ctx, r)
	if err != nil || found {
		return action.Plan{}, err
	}
	args, err := a.args(r.Args)
	after := args.Name + ": " + args.status()
	if args.Conclusion != "" {
		after = args.Name + ": " + args.Conclusion
	}
	return action.Plan{
		Effects:       []action.Effect{{Verb: "create check run", Field: "check:" + args.Name, After: after}},
		Preconditions: map[string]string{"head_sha": r.Target.ID},
	}, err
}

func (a checkRun) Apply(ctx context.Context, r action.Request, _ action.Plan) (action.Result, error) {
	j, err := a.open(r)
	if err != nil {
		return action.Result{}, err
	}
	opts := gh.CreateCheckRunOptions{
		Name: j.args.Name, HeadSHA: r.Target.ID, ExternalID: gh.String(r.Key), Status: gh.String(j.args.status()),
		Output: &gh.CheckRunOutput{Title: gh.String(j.args.Title), Summary: gh.String(j.args.Summary)},
	}
	if j.args.Conclusion != "" {
		opts.Conclusion = gh.String(j.args.Conclusion)
	}
	made, _, err := j.Checks.CreateCheckRun(ctx, j.owner, j.repo, opts)
	if err != nil {
		return action.Result{}, j.fail(err)
	}
	return checked(made), nil
}

// Probe looks for our run of that name with the key.
func (a checkRun) Probe(ctx context.Context, r action.Request) (action.Result, bool, error) {
	j, err := a.open(r)
	if err != nil {
		return action.Result{}, false, err
	}
	bot, err := a.clients.Bot(ctx)
	if err != nil {
		return action.Result{}, false, err
	}
	opts := &gh.ListCheckRunsOptions{CheckName: gh.String(j.args.Name), Filter: gh.String("all"), ListOptions: gh.ListOptions{PerPage: 100}}
	for {
		page, resp, err := j.Checks.ListCheckRunsForRef(ctx, j.owner, j.repo, r.Target.ID, opts)
		if err != nil {
			return action.Result{}, false, j.fail(err)
		}
		for _, run := range page.CheckRuns {
			if run.GetExternalID() == r.Key && run.GetApp().GetSlug()+"[bot]" == bot {
				return checked(run), true, nil
			}
		}
		if resp.NextPage == 0 {
			return action.Result{}, false, nil
		}
		opts.Page = resp.NextPage
	}
}

func (a checkRun) Verify(ctx context.Context, r action.Request, res action.Result) (action.Outcome, error) {
	j, id, err := a.made(r, res)
	if err != nil {
		return action.Unknown, err
	}
	run, _, err := j.Checks.GetCheckRun(ctx, j.owner, j.repo, id)
	err = j.fail(err)
	switch {
	case fault.Is(err, fault.NotFound):
		return action.Failed, nil
	case err != nil:
		return action.Unknown, err
	case run.GetExternalID() != r.Key || run.GetStatus() != j.args.status() || run.GetConclusion() != j.args.Conclusion:
		return action.Failed, nil
	}
	return action.Worked, nil
}

func checked(run *gh.CheckRun) action.Result {
	return action.Result{ID: strconv.FormatInt(run.GetID(), 10), URL: run.GetHTMLURL()}
}

func (a checkArgs) status() string {
	if a.Status == "" {
		return "completed"
	}
	return a.Status
}
