package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/InfinityXOneSystems/infinity-matrix/scripts/infinity/internal/client"
	"github.com/InfinityXOneSystems/infinity-matrix/scripts/infinity/internal/view"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/clock"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
)

// app is what every command stands on.
type app struct {
	flags  *cli
	data   string // folder of the state
	stdin  io.Reader
	stdout io.Writer
	stderr io.Writer
	paint  view.Paint
	clock  clock.Clock
	typed  string // how the user calls the program, for hints that can be run as printed
}

func newApp(flags *cli, stdin io.Reader, stdout, stderr io.Writer) *app {
	return &app{flags: flags, data: flags.Data, stdin: stdin, stdout: stdout, stderr: stderr, paint: view.Paint(colour(stdout)), clock: clock.Real{}, typed: typed(os.Args[0], flags.Data)}
}

// typed is how to call the program that was started as arg0: from a folder as
// it was, else by its name; and with its data folder, if that is not the usual.
func typed(arg0, data string) string {
	name := arg0
	if filepath.IsAbs(arg0) || !strings.ContainsRune(arg0, filepath.Separator) {
		name = "infinity"
	}
	if usual, err := filepath.Abs(".data"); data != "" && (err != nil || data != usual) {
		name += " --data " + quoted(data)
	}
	return name
}

// explainer draws for this user.
func (a *app) explainer() explainer { return explainer{paint: a.paint, typed: a.typed} }

// colour reports whether w is a terminal whose user has not said no
// (https://no-color.org).
func colour(w io.Writer) bool {
	return os.Getenv("NO_COLOR") == "" && terminal(w)
}

// printf prints to standard output.
func (a *app) printf(format string, args ...any) error {
	_, err := fmt.Fprintf(a.stdout, format, args...)
	return err
}

// endpoint is what `infinity up` writes for the commands of the same machine.
type endpoint struct {
	Gateway string `json:"gateway"`
	GitHub  string `json:"github"`
	Key     string `json:"key"`

	People map[string]string `json:"people"` // keys to act as somebody else with
}

// endpoint returns where the platform is: by the flags, else by the file that
// `infinity up` wrote into the data folder.
func (a *app) endpoint() (endpoint, error) {
	if a.flags.URL != "" {
		if a.flags.As != "" {
			return endpoint{}, usageError{errors.New("--as works with a platform that runs here; with --url give that person's --key")}
		}
		return endpoint{Gateway: a.flags.URL, Key: a.flags.Key}, nil
	}
	path := filepath.Join(a.data, "endpoint.json")
	text, err := os.ReadFile(path) //nolint:gosec // the user names the folder
	if errors.Is(err, fs.ErrNotExist) {
		return endpoint{}, client.NotRunning(err)
	}
	if err != nil {
		return endpoint{}, fault.Wrap(fault.Unavailable, err, "%s cannot be read; is it yours?", path)
	}
	var e endpoint
	if err := json.Unmarshal(text, &e); err != nil {
		return endpoint{}, fault.Wrap(fault.Invalid, err, "%s is damaged; start the platform again with `make up`", path)
	}
	if a.flags.Key != "" {
		e.Key = a.flags.Key
	}
	if a.flags.As != "" && a.flags.Key != "" {
		return e, usageError{errors.New("--as and --key (or $INFINITY_KEY) say two different things about who you are; give one of them")}
	}
	if a.flags.As != "" {
		if e.Key = e.People[a.flags.As]; e.Key == "" {
			return e, usageError{fmt.Errorf("--as %s: approvals.yaml knew nobody of that name when the platform was started; it knew %s. A start reads it anew", a.flags.As, known(e.People))}
		}
	}
	return e, nil
}

func known(people map[string]string) string {
	if len(people) == 0 {
		return "nobody"
	}
	return strings.Join(slices.Sorted(maps.Keys(people)), ", ")
}

// gateway returns a client of the gateway.
func (a *app) gateway() (*client.Client, error) {
	e, err := a.endpoint()
	if err != nil {
		return nil, err
	}
	return client.New(e.Gateway, e.Key)
}

// jsonLine prints v as one line of JSON.
func (a *app) jsonLine(v any) error { return json.NewEncoder(a.stdout).Encode(v) }
