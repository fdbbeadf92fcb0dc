package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"strings"
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
	for name, port := range map[string]int{"--port": c.Port, "--github-port": c.GitHubPort} {
		if port < 0 || port > 65535 {
			return usageError{fmt.Errorf("%s is %d; give a port up to 65535, or 0 for a free one", name, port)}
		}
	}
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	var level slog.Level
	if err := level.UnmarshalText([]byte(c.LogLevel)); err != nil {
		return err
	}
	log := slog.New(slog.NewTextHandler(app.stderr, &slog.HandlerOptions{Level: level}))
	waits := newBulletin(app)
	err := local.Run(ctx, local.Config{
		Data: app.data, Policies: c.Policies, Port: c.Port, GitHubPort: c.GitHubPort, GitHub: c.GitHub, Echo: true, Log: log, Clock: clock.Real{},
		Asked: waits.asked, Paged: waits.paged,
	}, func(info local.Info) { printUp(app, info, c.Policies) })
	if err == nil {
		err = app.printf("Stopped. What was accepted is in %s; the next start goes on with it.\n", app.data)
	}
	return err
}

// printUp prints the one table of a start.
func printUp(app *app, info local.Info, folder string) {
	w := app.stdout
	row := func(name, value string) { _, _ = fmt.Fprintf(w, "  %-13s%s\n", name, value) }
	_, _ = fmt.Fprintln(w, "Infinity-Matrix")
	row("gateway", info.Gateway)
	row("webhook", info.Webhook)
	row("fake GitHub", info.GitHub)
	row("API key", info.Key)
	row("data folder", info.Data)
	row("policies", policiesLine(app, info, folder))
	if !info.Recovered.Nothing() {
		row("recovered", recoveredLine(info.Recovered))
	}
	_, _ = fmt.Fprintf(w, "Ready in %.1f s. Nothing leaves this machine.\n", info.ReadyAfter.Round(100*time.Millisecond).Seconds())
	_, _ = fmt.Fprintln(w, "Next, in a second shell: "+app.typed+" trigger github.workflow_run.failed")
}

func policiesLine(app *app, info local.Info, folder string) string {
	if info.PolicyErr != nil {
		return "cannot be read, so events are only recorded; `" + app.typed + " policy validate --dir " + folder + "` says why"
	}
	if info.Policies == 0 {
		return "none in " + folder + ", so events are only recorded; name another folder with --policies"
	}
	return fmt.Sprintf("%d in force", info.Policies)
}

// recoveredLine leaves out what there is none of.
func recoveredLine(r local.Recovered) string {
	var parts []string
	for _, p := range []struct {
		n         int
		one, many string
	}{
		{r.Events, "undecided event", "undecided events"},
		{r.Tasks, "queued task", "queued tasks"},
		{r.Executions, "execution under way", "executions under way"},
		{r.Waiting, "execution that waits", "executions that wait"},
	} {
		if p.n > 0 {
			parts = append(parts, counted(p.n, p.one, p.many))
		}
	}
	if r.More {
		parts = append(parts, "and more")
	}
	return strings.Join(parts, ", ")
}
