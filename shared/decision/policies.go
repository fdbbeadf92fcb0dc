package decision

import (
	"context"
	"fmt"
	"io/fs"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/clock"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/control"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/execution"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/lastgood"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/policy"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
)

// Folder is the set of policies in a folder (.infinity), as shared/lastgood
// keeps it in force.
type Folder struct{ files *lastgood.Folder[*policy.Set] }

// NewFolder returns the policies under files and reads them once.
func NewFolder(files fs.FS, catalog policy.Catalog, c clock.Clock, log *slog.Logger) *Folder {
	return &Folder{lastgood.New(lastgood.Source[*policy.Set]{
		Name: "policies", Files: files, Globs: []string{"policies/*.y*ml"},
		Read: func(files fs.FS) (*policy.Set, error) { return policy.Load(files, catalog) },
		Changed: func(set *policy.Set) {
			log.Info("policies in force", slog.Int("policies", len(set.Policies())), slog.String("digest", set.Digest()))
		},
	}, c, log)}
}

// Current implements Policies.
func (f *Folder) Current() *policy.Set {
	set, _ := f.files.Current()
	return set
}

// Err returns why the files could not be read, or nil.
func (f *Folder) Err() error {
	_, err := f.files.Status()
	return err
}

// Gates are what every claim asks, in this order; execute claims by them, and
// back-tests say by them what would be stopped now.
func Gates(p Policies) []execution.Gate {
	return []execution.Gate{control.Gate, PolicyGate(p), execution.LimitGate, execution.CoolGate}
}

// PolicyGate refuses what the policies in force no longer permit: the policy
// is gone, does something else, or is granted less than when it was decided.
func PolicyGate(p Policies) execution.Gate {
	return func(_ context.Context, _ store.Tx, x execution.Execution, _ time.Time) (string, error) {
		set := p.Current()
		if set == nil {
			return "no policies are in force", nil
		}
		if set.Digest() == x.Digest {
			return "", nil
		}
		all := set.Policies()
		i := slices.IndexFunc(all, func(p *policy.Policy) bool { return p.Name == x.Policy })
		switch {
		case i < 0:
			return "policy " + x.Policy + " is gone", nil
		case !doesStill(all[i].Actions(), x):
			return "policy " + x.Policy + " now does " + strings.Join(all[i].Actions(), ", "), nil
		case string(all[i].Autonomy) < x.Level:
			return fmt.Sprintf("policy %s is now at %s, below %s", x.Policy, all[i].Autonomy, x.Level), nil
		}
		return "", nil
	}
}

// doesStill reports whether a policy that does actions would do x, and after it
// what was to follow.
func doesStill(actions []string, x execution.Execution) bool {
	rest := actions[min(max(x.Step-1, 0), len(actions)):]
	if len(rest) == 0 || rest[0] != x.Action || (x.Step == 0 && len(rest) > 1) {
		return false
	}
	for _, f := range x.Following { // steps that another decision had done are not among them
		i := slices.Index(rest[1:], f.Action)
		if i < 0 {
			return false
		}
		rest = rest[i+1:]
	}
	return true
}
