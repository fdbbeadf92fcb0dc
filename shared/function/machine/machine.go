// Package machine is the platform of one machine: the embedded drivers of all
// ports on one data folder, which one process has at a time. `infinity up` runs
// all functions on it; a function that is started alone stands on it too, and
// what it queues waits for the next `infinity up` on that folder.
package machine

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/sethvargo/go-envconfig"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/blob"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/blob/folder"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/bus"
	busembedded "github.com/InfinityXOneSystems/infinity-matrix/shared/bus/embedded"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/clock"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/embedded"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/function"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/secret"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/secret/file"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
	storeembedded "github.com/InfinityXOneSystems/infinity-matrix/shared/store/embedded"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/task"
	taskembedded "github.com/InfinityXOneSystems/infinity-matrix/shared/task/embedded"
)

// Options say where the machine keeps its state.
type Options struct {
	Data  string // folder; made if it is missing
	Clock clock.Clock
	Log   *slog.Logger
}

// Machine is the opened ports.
type Machine struct {
	Store   store.Store
	Bus     bus.Bus
	Tasks   task.Queue
	Blobs   blob.Store
	Secrets secret.Store
	Clock   clock.Clock
	Log     *slog.Logger

	close []func() error
}

// Open opens the drivers on the data folder. Its errors say what to do.
func Open(o Options) (*Machine, error) {
	m := &Machine{Clock: o.Clock, Log: o.Log}
	if err := m.open(o.Data); err != nil {
		return nil, errors.Join(err, m.Close())
	}
	return m, nil
}

func (m *Machine) open(data string) (err error) {
	if err := os.MkdirAll(data, 0o700); err != nil {
		return fault.Wrap(fault.Unavailable, err, "cannot create the data folder %s; choose another", data)
	}
	if m.Secrets, err = file.New(filepath.Join(data, "secrets.json"), m.Clock); err != nil {
		return err
	}
	if m.Blobs, err = folder.New(filepath.Join(data, "blobs")); err != nil {
		return err
	}
	db, err := embedded.Open(filepath.Join(data, "db"), embedded.Options{Log: m.Log})
	if err != nil {
		return err
	}
	m.close = append(m.close, db.Close)
	schema, err := store.DefaultSchema()
	if err != nil {
		return err
	}
	m.Store = storeembedded.New(db, schema)
	if m.Bus, err = busembedded.New(db, busembedded.Options{Clock: m.Clock, Log: m.Log}); err != nil {
		return fmt.Errorf("open the bus: %w", err)
	}
	m.close = append(m.close, m.Bus.Close)
	if m.Tasks, err = taskembedded.New(db, taskembedded.Options{Clock: m.Clock, Log: m.Log}); err != nil {
		return fmt.Errorf("open the task queue: %w", err)
	}
	m.close = append(m.close, m.Tasks.Close)
	return nil
}

// Platform is what functions on this machine stand on; env is where they read
// their configuration.
func (m *Machine) Platform(env envconfig.Lookuper) function.Platform {
	return function.Platform{
		Store: m.Store, Bus: m.Bus, Letters: m.Bus, Tasks: m.Tasks, Blobs: m.Blobs, Secrets: m.Secrets,
		Clock: m.Clock, Log: m.Log, Env: env,
	}
}

// Close closes what Open opened, last first.
func (m *Machine) Close() error {
	var errs []error
	for i := len(m.close) - 1; i >= 0; i-- {
		errs = append(errs, m.close[i]())
	}
	return errors.Join(errs...)
}
