// Package local runs the whole platform in one process on one machine: every
// function of the manifest on the embedded drivers, and the fake GitHub. It is
// what `make up` starts. It decides nothing: the functions are the ones that
// run in the cloud.
package local

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/InfinityXOneSystems/infinity-matrix/functions"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/approval"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/clock"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/function"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/page"
)

// Config says where and how to run.
type Config struct {
	Data       string // folder of the state
	Policies   string // folder that holds policies/ (.infinity)
	Port       int    // of gateway and webhook; 0 takes a free one
	GitHubPort int    // of the fake GitHub; 0 takes a free one
	GitHub     string // URL of a fake GitHub of another process on this machine; "" starts one
	Echo       bool   // the fake GitHub tells of what the platform did there, as GitHub does
	Log        *slog.Logger
	Clock      clock.Clock
	// Asked and Paged, if set, are told of what waits for a person, at least
	// once, and again with each change of it.
	Asked func(approval.Approval)
	Paged func(page.Page)
}

// Info is what a user needs to know of a running platform.
type Info struct {
	Endpoint
	Data       string
	Recovered  Recovered
	PolicyErr  error // the policies cannot be read: events are recorded only
	Policies   int
	ReadyAfter time.Duration
}

// Run starts everything, calls ready once it answers, and runs until ctx ends;
// then it stops gracefully.
func Run(ctx context.Context, cfg Config, ready func(Info)) (err error) {
	started := time.Now()
	m, err := functions.Load()
	if err != nil {
		return err
	}
	front, err := listen(ctx, "--port", cfg.Port)
	if err != nil {
		return err
	}
	defer func() { _ = front.Close() }()
	h, err := openHost(cfg)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, h.Close()) }()
	for name, create := range map[string]func() ([]byte, error){secretLogKey: newLogKey, secretLinkKey: newLinkKey} {
		if _, err := h.secret(ctx, name, create); err != nil {
			return err
		}
	}
	world, err := h.openWorld(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, world.Close()) }()
	endpoint, err := h.endpoint(ctx, front.Addr(), world.url, m)
	if err != nil {
		return err
	}
	info := Info{Endpoint: endpoint, Data: cfg.Data}
	var beside errgroup.Group // what takes long and no function waits for: a first start makes an RSA key
	beside.Go(func() error { return h.fakeGitHub(ctx, world, endpoint.Webhook) })
	beside.Go(func() error { info.Policies, info.PolicyErr = h.policies(); return nil })
	fns, err := h.build(ctx, m, endpoint)
	if err == nil {
		info.Recovered, err = h.recovered(ctx, m)
	}
	if err := errors.Join(err, beside.Wait()); err != nil {
		return err
	}

	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return serve(ctx, front, fns.mux) })
	group.Go(func() error { return world.serve(ctx) })
	fns.serve(ctx, group)
	group.Go(func() error {
		info.ReadyAfter = time.Since(started)
		ready(info)
		h.waits(ctx, group)
		return nil
	})
	return errors.Join(group.Wait(), h.sealLast(ctx))
}

// listen opens a port on loopback only.
func listen(ctx context.Context, flag string, port int) (net.Listener, error) {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fault.Wrap(fault.Conflict, err, "port %d is busy: another program listens there; stop it or choose another with %s (`make up ARGS=\"%s 0\"` takes a free one)", port, flag, flag)
	}
	if err != nil {
		return nil, fmt.Errorf("listen on port %d: %w", port, err)
	}
	return l, nil
}

// serve runs an HTTP server on l until ctx ends.
func serve(ctx context.Context, l net.Listener, h http.Handler) error {
	srv := function.NewServer(h, function.ServeConfig{})
	stop := context.AfterFunc(ctx, func() {
		drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		if srv.Shutdown(drain) != nil {
			_ = srv.Close() // streams that would never end
		}
	})
	defer stop()
	if err := srv.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve %s: %w", l.Addr(), err)
	}
	return nil
}

// folder makes a folder of the state.
func (c Config) folder(name string) (string, error) {
	dir := filepath.Join(c.Data, name)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", fault.Wrap(fault.Unavailable, err, "cannot create the folder %s; choose another with --data", dir)
	}
	return dir, nil
}
