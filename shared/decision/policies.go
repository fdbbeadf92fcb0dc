package decision

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/clock"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/execution"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/policy"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
)

// How a Folder watches its files.
const (
	checkEvery = time.Second      // at most one look at the files in this time
	lastGood   = 15 * time.Minute // how long a broken folder leaves the last good set in force
)

// Folder is the set of policies in a folder (.infinity), read again when a
// file changes. While the files are broken the last good set stays in force
// for 15 minutes; after that, and before a first good set, there is none.
type Folder struct {
	files   fs.FS
	catalog policy.Catalog
	clock   clock.Clock
	log     *slog.Logger

	mu      sync.Mutex
	set     *policy.Set
	stamp   string
	sure    bool // stamp tells of files that were read, be they right or wrong
	checked time.Time
	broken  time.Time // since when; zero while good
	err     error
}

// NewFolder returns the policies under files and reads them once.
func NewFolder(files fs.FS, catalog policy.Catalog, c clock.Clock, log *slog.Logger) *Folder {
	f := &Folder{files: files, catalog: catalog, clock: c, log: log}
	f.Current()
	return f
}

// Current implements Policies.
func (f *Folder) Current() *policy.Set {
	f.mu.Lock()
	defer f.mu.Unlock()
	now := f.clock.Now()
	if since := now.Sub(f.checked); since >= checkEvery || since < 0 { // the clock may be stepped back
		f.checked = now
		f.refresh(now)
	}
	if !f.broken.IsZero() && now.Sub(f.broken) >= lastGood {
		f.set = nil
	}
	return f.set
}

// Err returns why the files could not be read, or nil.
func (f *Folder) Err() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.err
}

func (f *Folder) refresh(now time.Time) {
	stamp, err := stampOf(f.files)
	if err == nil && f.sure && stamp == f.stamp {
		return
	}
	var set *policy.Set
	if err == nil {
		set, err = policy.Load(f.files, f.catalog)
	}
	// What could not be read, other than what reads as wrong, is tried again.
	_, wrong := errors.AsType[policy.Findings](err)
	f.stamp, f.sure, f.err = stamp, err == nil || wrong, err
	if err != nil {
		if f.broken.IsZero() {
			f.broken = now
		}
		f.log.Error("policies cannot be read; `infinity policy validate` says why", slog.Any("error", err))
		return
	}
	f.set, f.broken = set, time.Time{}
	if len(set.Policies()) == 0 {
		f.log.Warn("there are no policies: events are recorded and nothing is proposed; INFINITY_POLICIES names the folder that holds policies/")
		return
	}
	f.log.Info("policies in force", slog.Int("policies", len(set.Policies())), slog.String("digest", set.Digest()))
}

// stampOf changes when a policy file does.
func stampOf(files fs.FS) (string, error) {
	names, err := fs.Glob(files, "policies/*.y*ml")
	if err != nil {
		return "", fmt.Errorf("look for policies: %w", err)
	}
	var stamp string
	for _, name := range names {
		info, err := fs.Stat(files, name)
		if err != nil {
			return "", fmt.Errorf("look at policy file %s: %w", name, err)
		}
		stamp += fmt.Sprintf("%s %d %d\n", name, info.Size(), info.ModTime().UnixNano())
	}
	return stamp, nil
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
		case all[i].Action != x.Action:
			return "policy " + x.Policy + " now does " + all[i].Action, nil
		case string(all[i].Autonomy) < x.Level:
			return fmt.Sprintf("policy %s is now at %s, below %s", x.Policy, all[i].Autonomy, x.Level), nil
		}
		return "", nil
	}
}
