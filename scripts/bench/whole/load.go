package main

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/InfinityXOneSystems/infinity-matrix/scripts/bench/whole/platform"
)

// contestant is one program under test.
type contestant struct {
	name    string
	process *platform.Process
	webhook string
	secret  []byte
	cpu     []float64 // ms an event, by round
}

// transport keeps its connections, as GitHub's senders do.
var client = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 256}}

// closed sends the jobs so that window of them are under way at once.
func (c *contestant) closed(ctx context.Context, w *world, jobs []job, window int) error {
	before, err := c.process.CPU()
	if err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(window)
	for _, j := range jobs {
		group.Go(func() error {
			_, err := c.one(ctx, w, j)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return fmt.Errorf("%s: %w", c.name, err)
	}
	after, err := c.process.CPU()
	c.cpu = append(c.cpu, (after-before).Seconds()*1000/float64(len(jobs)))
	return err
}

// sample is one event of an open loop.
type sample struct {
	due, effect time.Time
}

// open sends rate jobs a second whatever becomes of them. A job that leaves
// late counts from when it was due, so that a slow generator hides nothing.
func (c *contestant) open(ctx context.Context, w *world, jobs []job, rate int) (map[string]sample, time.Duration, error) {
	before, err := c.process.CPU()
	if err != nil {
		return nil, 0, err
	}
	samples := make([]sample, len(jobs))
	group, gctx := errgroup.WithContext(ctx)
	began := time.Now()
	for i, j := range jobs {
		due := began.Add(time.Duration(i) * time.Second / time.Duration(rate))
		time.Sleep(time.Until(due))
		group.Go(func() error {
			effect, err := c.one(gctx, w, j)
			samples[i] = sample{due, effect}
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, 0, fmt.Errorf("%s: %w", c.name, err)
	}
	after, err := c.process.CPU()
	byIssue := map[string]sample{}
	for i, j := range jobs {
		byIssue[j.issue] = samples[i]
	}
	return byIssue, after - before, err
}

// one sends a job and waits until its effect is made and read back.
func (c *contestant) one(ctx context.Context, w *world, j job) (time.Time, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	if err := j.hook.Post(ctx, client, c.webhook, c.secret); err != nil {
		return time.Time{}, err
	}
	return w.await(ctx, j.issue)
}
