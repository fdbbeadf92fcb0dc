package github

import (
	"context"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/action"
)

// Renew implements action.Renewer.
func (a merge) Renew(ctx context.Context, r action.Request) (action.Target, error) {
	return renew(ctx, a.kit, r)
}

// Renew implements action.Renewer.
func (a updateBranch) Renew(ctx context.Context, r action.Request) (action.Target, error) {
	return renew(ctx, a.kit, r)
}

// renew returns r's target at the head that its pull request has now.
func renew[T any](ctx context.Context, k kit[T], r action.Request) (action.Target, error) {
	j, err := k.open(r)
	if err != nil {
		return r.Target, err
	}
	pr, err := j.pull(ctx)
	if err != nil {
		return r.Target, err
	}
	r.Target.SHA = pr.GetHead().GetSHA()
	return r.Target, nil
}
