package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"

	"github.com/alecthomas/kong"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
)

// Exit codes.
const (
	exitOK     = 0
	exitFailed = 1 // the thing failed
	exitUsage  = 2 // the command was not understood
	exitChange = 3 // policy plan --exit-code: something would change

	exitStopped = 130 // Ctrl-C before it was done, as shells have it
)

// cli is the commands and the flags that all of them take.
type cli struct {
	Data string `help:"Folder of the state, where a running platform says how to reach it." default:".data" type:"path"`
	URL  string `help:"Gateway to ask, instead of the one that runs here." env:"INFINITY_URL" placeholder:"URL"`
	Key  string `help:"API key of that gateway. Better in the environment: a command line can be seen by others." env:"INFINITY_KEY" placeholder:"KEY"`

	As string `help:"Act as this person of approvals.yaml; only of a platform that runs here." placeholder:"PERSON"`

	Up         upCmd         `cmd:"" help:"Start the whole platform on this machine."`
	Trigger    triggerCmd    `cmd:"" help:"Have the fake GitHub send a recorded, signed event; without a name, list the names."`
	Events     eventsCmd     `cmd:"" help:"List the events that were received."`
	Decisions  decisionsCmd  `cmd:"" help:"List the decisions on them."`
	Executions executionsCmd `cmd:"" help:"List the actions that were decided, and their states."`
	Why        whyCmd        `cmd:"" help:"Explain a decision, or that on an event."`
	Workflows  workflowsCmd  `cmd:"" help:"List the plans of several steps, and their states."`
	Workflow   workflowCmd   `cmd:"" help:"Show one such plan: its steps, what stands, what was undone."`
	Approvals  approvalsCmd  `cmd:"" help:"List what people are asked and who may answer; make links to answer by."`
	Approve    approveCmd    `cmd:"" help:"Let a waiting execution run."`
	Reject     rejectCmd     `cmd:"" aliases:"veto" help:"Refuse or veto a waiting execution."`
	Revert     revertCmd     `cmd:"" help:"Undo what an execution did."`
	Autonomy   autonomyCmd   `cmd:"" help:"Show how far the platform is trusted with what, or why a policy's level is what it is."`
	Freeze     freezeCmd     `cmd:"" help:"Pull the kill switch: begin nothing more in a scope. Without a reason, list the freezes."`
	Unfreeze   unfreezeCmd   `cmd:"" help:"Lift a freeze."`
	Replay     replayCmd     `cmd:"" help:"Say what would be decided on an event now, or with --shadow what would become of it; nothing is executed."`
	Policy     policyCmd     `cmd:"" help:"Check policies on this machine, and try them on what happened."`
	Audit      auditCmd      `cmd:"" help:"List audit records, verify the log, prove a record."`
	Letters    lettersCmd    `cmd:"" name:"dead-letters" help:"List messages that were given up; show, replay or drop them."`
	Pages      pagesCmd      `cmd:"" help:"List what calls a person, or say that it is dealt with."`
	Version    versionCmd    `cmd:"" help:"Print the version."`
}

// run runs one command and returns its exit code. It is main without the
// process: the streams are given, and ctx ends at Ctrl-C.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	var c cli
	helped := false
	k, err := kong.New(&c,
		kong.Name("infinity"),
		kong.Description("Infinity-Matrix: an autopilot for teams on GitHub.\n\nExit codes: 0 it went well, 1 it failed, 2 the command was not understood, 3 something would change (policy plan --exit-code), 130 it was stopped before it was done."),
		kong.Vars{"examples": strconv.Itoa(defaultExamples)},
		kong.Writers(stdout, stderr),
		kong.Exit(func(int) { helped = true }), // kong printed its help; it must not end the process
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 100}),
		kong.BindTo(ctx, (*context.Context)(nil)),
	)
	if err != nil {
		return complain(stderr, err)
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	command, err := k.Parse(args)
	if helped {
		return exitOK
	}
	if err != nil {
		_, _ = fmt.Fprintf(stderr, "infinity: %v; see `%s --help`\n", err, typed(os.Args[0], ""))
		return exitUsage
	}
	err = command.Run(newApp(&c, stdin, stdout, stderr))
	return complain(stderr, err)
}

// errSaid is returned by a command that has told the user already.
var errSaid = errors.New("the command failed and said so")

// errStopped is returned by a command that Ctrl-C kept from what it was for.
var errStopped = errors.New("the command was stopped")

// stopped is errStopped if err came of Ctrl-C.
func stopped(err error) error {
	if errors.Is(err, context.Canceled) {
		return errStopped
	}
	return err
}

// usageError is a command that was not understood after parsing.
type usageError struct{ error }

// complain tells err in one sentence and returns the exit code for it.
func complain(stderr io.Writer, err error) int {
	switch {
	case err == nil:
		return exitOK
	case errors.Is(err, errSaid):
		return exitFailed
	case errors.Is(err, errChanged):
		return exitChange
	case errors.Is(err, errStopped):
		_, _ = fmt.Fprintln(stderr, "infinity: stopped before it was done")
		return exitStopped
	case errors.Is(err, context.Canceled): // Ctrl-C ends what would not end by itself
		return exitOK
	}
	message := err.Error()
	if e, ok := errors.AsType[*fault.Error](err); ok {
		message = e.Message
	}
	_, _ = fmt.Fprintf(stderr, "infinity: %s\n", message)
	if _, ok := errors.AsType[usageError](err); ok {
		return exitUsage
	}
	return exitFailed
}
