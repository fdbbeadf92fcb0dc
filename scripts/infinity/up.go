package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/emulators/local"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/clock"
)

// upCmd runs the platform in this process until it is stopped.
type upCmd struct {
	Port       int    `default:"8787" help:"Port of gateway and webhook; 0 takes a free one."`
	GitHubPort int    `name:"github-port" default:"8788" help:"Port of the fake GitHub; 0 takes a free one."`
	GitHub     string `name:"github" placeholder:"URL" help:"Act on a fake GitHub of another process on this machine instead of starting one."`
	Policies   string `default:".infinity" help:"Folder that holds policies/." type:"path"`
	LogLevel   string `default:"warn" enum:"debug,info,warn,error" help:"What is logged to standard error (${enum})."`
}

// Run implements the command.
func (c *upCmd) Run(ctx context.Context, app *app) error {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	var level slog.Level
	if err := level.UnmarshalText([]byte(c.LogLevel)); err != nil {
		return err
	}
	log := slog.New(slog.NewTextHandler(app.stderr, &slog.HandlerOptions{Level: level}))
	return local.Run(ctx, local.Config{
		Data: app.data, Policies: c.Policies, Port: c.Port, GitHubPort: c.GitHubPort, GitHub: c.GitHub, Log: log, Clock: clock.Real{},
	}, func(info local.Info) { printUp(app.stdout, info) })
}

// printUp prints the one table of a start.
func printUp(w io.Writer, info local.Info) {
	row := func(name, value string) { _, _ = fmt.Fprintf(w, "  %-13s%s\n", name, value) }
	_, _ = fmt.Fprintln(w, "Infinity-Matrix")
	row("gateway", info.Gateway)
	row("webhook", info.Webhook)
	row("fake GitHub", info.GitHub)
	row("API key", info.Key)
	row("data folder", info.Data)
	row("policies", policiesLine(info))
	if !info.Recovered.Nothing() {
		row("recovered", recoveredLine(info.Recovered))
	}
	_, _ = fmt.Fprintf(w, "Ready in %.1f s. Nothing leaves this machine.\n", info.ReadyAfter.Round(100*time.Millisecond).Seconds())
	_, _ = fmt.Fprintln(w, "Next, in a second shell: bin/infinity trigger github.workflow_run.failed")
}

func policiesLine(info local.Info) string {
	if info.PolicyErr != nil {
		return "cannot be read, so events are only recorded; `bin/infinity policy validate` says why"
	}
	return fmt.Sprintf("%d in force", info.Policies)
}

func recoveredLine(r local.Recovered) string {
	more := ""
	if r.More {
		more = " or more"
	}
	return fmt.Sprintf("%d undecided events, %d queued tasks, %d executions under way%s, %d waiting for people",
		r.Events, r.Tasks, r.Executions, more, r.Waiting)
}
