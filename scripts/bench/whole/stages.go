package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/emulators/local"
	"github.com/InfinityXOneSystems/infinity-matrix/scripts/bench/whole/platform"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/audit"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/decision"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/execution"
)

// stages are the stops of an event's way, in order.
var stages = []string{"received", "decided", "claimed", "intended", "effect", "applied", "verified"}

// trace is when an event came to each stop.
type trace map[string]time.Time

// traces puts together the documents and the audit records of the platform
// with what the generator and the fake saw. All of them read one clock. A
// record's time is that of its transaction, which is durable a moment later.
func traces(ctx context.Context, e local.Endpoint, samples map[string]sample) ([]trace, error) {
	executions, err := platform.List[execution.Execution](ctx, e, "/v1/executions")
	if err != nil {
		return nil, err
	}
	events, err := platform.List[decision.Delivery](ctx, e, "/v1/events")
	if err != nil {
		return nil, err
	}
	records, err := platform.List[audit.Record](ctx, e, "/v1/audit")
	if err != nil {
		return nil, err
	}
	bySubject, byDecision := map[string]trace{}, map[string]trace{}
	var all []trace
	for i := range executions {
		x := &executions[i]
		s, ok := samples[x.Target.ID]
		if !ok {
			continue
		}
		if x.State != execution.Succeeded {
			return nil, fmt.Errorf("execution %s of issue %s is %s: %s", x.ID, x.Target.ID, x.State, x.Reason)
		}
		t := trace{"due": s.due, "effect": s.effect}
		bySubject[execution.Collection+"/"+x.ID], byDecision[x.DecisionID] = t, t
		all = append(all, t)
	}
	for _, d := range events {
		if t := byDecision[d.DecisionID]; t != nil {
			t["received"], t["decided"] = d.ReceivedAt, d.DecidedAt
		}
	}
	for i := range records {
		r := &records[i]
		if t := bySubject[r.Subject]; t != nil {
			t[r.Verb[len("execution."):]] = r.At
		}
	}
	return complete(all, len(samples))
}

// complete checks that each event has left its whole trace.
func complete(all []trace, want int) ([]trace, error) {
	for _, t := range all {
		for _, s := range stages {
			if t[s].IsZero() {
				return nil, fmt.Errorf("an event has no record %q", s)
			}
		}
	}
	if len(all) != want {
		return nil, fmt.Errorf("%d executions of %d events", len(all), want)
	}
	return all, nil
}

// printStages prints how long events take from stop to stop, and in all.
func printStages(out io.Writer, all []trace) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "where the time goes, ms\tp50\tp99\tsince due p50\tp99\t")
	before := "due"
	for _, s := range stages {
		step, since := between(all, before, s), between(all, "due", s)
		fmt.Fprintf(w, "%s\t%.2f\t%.2f\t%.2f\t%.2f\t\n", s, at(step, 50), at(step, 99), at(since, 50), at(since, 99))
		before = s
	}
	return w.Flush()
}

// between returns the sorted times from one stop to another, in ms.
func between(all []trace, from, to string) []float64 {
	out := make([]float64, len(all))
	for i, t := range all {
		out[i] = t[to].Sub(t[from]).Seconds() * 1000
	}
	slices.Sort(out)
	return out
}

// at returns a percentile of sorted values.
func at(sorted []float64, percent int) float64 {
	return sorted[min(len(sorted)*percent/100, len(sorted)-1)]
}

func median(values []float64) float64 { return at(slices.Sorted(slices.Values(values)), 50) }
