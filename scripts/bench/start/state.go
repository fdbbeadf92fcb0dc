package main

import (
	"context"
	"fmt"
	"io/fs"
	"net/http"
	"path/filepath"
	"time"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"github.com/InfinityXOneSystems/infinity-matrix/emulators/github/payloads"
	"github.com/InfinityXOneSystems/infinity-matrix/scripts/bench/whole/platform"
)

// senders send at once while a state is made.
const senders = 32

var client = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: senders}}

// states makes a state of real events and opens it again.
func states(ctx context.Context, c config, dir string) error {
	p, err := platform.New(ctx, dir)
	if err != nil {
		return err
	}
	up := func() (*platform.Process, error) {
		process, e, err := p.Up(ctx, c.binary, "--github-port", "0", "--policies", c.policies)
		p.Webhook = e.Webhook
		return process, err
	}
	process, err := up()
	if err != nil {
		return err
	}
	defer func() { process.Stop() }()
	began := time.Now()
	var sum int64
	for _, step := range []int{c.sizes, c.events - c.sizes} {
		if step <= 0 {
			continue
		}
		sent, err := send(ctx, p, step)
		if err != nil {
			return err
		}
		if err := quiet(ctx, process); err != nil {
			return err
		}
		sum += sent
		if step == c.sizes {
			if err := disk(p.Data, step, sent); err != nil {
				return err
			}
		}
	}
	if c.events <= c.sizes {
		return nil
	}
	if err := disk(p.Data, c.events, sum); err != nil {
		return err
	}
	took := time.Since(began)
	process.Stop()
	if process, err = up(); err != nil {
		return err
	}
	fmt.Printf("ready after exec, %-6d events   %8.3f s    (target 2; the state took %s to make)\n", c.events, process.Ready.Seconds(), took.Round(time.Second))
	return disk(p.Data, c.events, sum)
}

// send sends n recorded payloads, each under its own delivery id and with its
// own text, since the platform answers one meaning once.
func send(ctx context.Context, p *platform.Platform, n int) (bytes int64, err error) {
	all, err := payloads.All()
	if err != nil {
		return 0, err
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(senders)
	for i := range n {
		hook := platform.Hook{ID: uuid.NewString(), Event: all[i%len(all)].Event, Body: distinct(all[i%len(all)].Body)}
		bytes += int64(len(hook.Body))
		group.Go(func() error { return hook.Post(ctx, client, p.Webhook, p.Secret) })
	}
	return bytes, group.Wait()
}

// distinct returns the payload with one more member that no two have alike.
func distinct(body []byte) []byte {
	return append([]byte(`{"bench":"`+uuid.NewString()+`",`), body[1:]...)
}

// quiet waits until the process has had nothing to do for two seconds.
func quiet(ctx context.Context, process *platform.Process) error {
	tick := time.NewTicker(2 * time.Second)
	defer tick.Stop()
	for before := time.Duration(0); ; {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
		now, err := process.CPU()
		if err != nil || now-before < 100*time.Millisecond {
			return err
		}
		before = now
	}
}

// disk prints what the data folder holds for each event.
func disk(dir string, events int, sent int64) error {
	var used int64
	err := filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err == nil && info.Mode().IsRegular() {
			used += onDisk(info)
		}
		return err
	})
	fmt.Printf("disk an event, %-6d events       %8.1f KiB  of payloads of %.1f KiB: %.2f (target 3)\n",
		events, float64(used)/1024/float64(events), float64(sent)/1024/float64(events), float64(used)/float64(sent))
	return err
}
