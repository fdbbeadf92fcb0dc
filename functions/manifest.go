// Package functions holds the manifest of the deployables. Each folder beside
// it is one function; this package imports none of them.
package functions

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"go.yaml.in/yaml/v4"
)

//go:embed functions.yaml
var source []byte

// Manifest is functions.yaml.
type Manifest struct {
	Functions     map[string]Function     `yaml:"functions"`
	Topics        map[string]struct{}     `yaml:"topics"`
	Subscriptions map[string]Subscription `yaml:"subscriptions"`
	Queues        map[string]Queue        `yaml:"queues"`
}

// Function is one deployable.
type Function struct {
	Summary     string   `yaml:"summary"`
	Platform    string   `yaml:"platform"` // "run" (a container) or "functions" (a staged closure)
	Public      bool     `yaml:"public"`   // may be called without a Google identity
	Trigger     Trigger  `yaml:"trigger"`
	Publishes   []string `yaml:"publishes"` // topics
	Enqueues    []string `yaml:"enqueues"`  // queues
	Secrets     []string `yaml:"secrets"`
	Roles       []string `yaml:"roles"` // of its service account, without "roles/"
	Memory      string   `yaml:"memory"`
	Concurrency int      `yaml:"concurrency"` // requests at once in one instance
	Timeout     Duration `yaml:"timeout"`
}

// Trigger is what calls a function: exactly one of its fields is set.
type Trigger struct {
	HTTP         string `yaml:"http"`         // path on the local runner; the whole service in the cloud
	Subscription string `yaml:"subscription"` // key of Subscriptions
	Queue        string `yaml:"queue"`        // key of Queues
	Schedule     string `yaml:"schedule"`     // cron, UTC
}

// Subscription is how a topic is delivered to the function it triggers.
type Subscription struct {
	Topic       string            `yaml:"topic"`
	Filter      map[string]string `yaml:"filter"` // attributes that must be equal; none takes all
	Ordered     bool              `yaml:"ordered"`
	Workers     int               `yaml:"workers"`
	MaxAttempts int               `yaml:"max_attempts"`
	AckDeadline Duration          `yaml:"ack_deadline"`
}

// Queue is how tasks are delivered to the function they trigger.
type Queue struct {
	Workers   int      `yaml:"workers"`
	PerSecond float64  `yaml:"per_second"`
	Deadline  Duration `yaml:"deadline"`
}

// Duration is a time.Duration written as "60s".
type Duration time.Duration

// UnmarshalText implements encoding.TextUnmarshaler.
func (d *Duration) UnmarshalText(text []byte) error {
	v, err := time.ParseDuration(string(text))
	*d = Duration(v)
	return err
}

// Load reads and checks the manifest that was built in.
func Load() (Manifest, error) { return Parse(source) }

// Parse reads a manifest and joins all its mistakes.
func Parse(text []byte) (Manifest, error) {
	var m Manifest
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	decoder.KnownFields(true)
	if err := decoder.Decode(&m); err != nil {
		return m, fmt.Errorf("read functions.yaml: %w", err)
	}
	return m, m.validate()
}

// Names returns the functions' names in order.
func (m Manifest) Names() []string { return slices.Sorted(maps.Keys(m.Functions)) }

func (m Manifest) validate() error {
	var errs []error
	complain := func(format string, args ...any) { errs = append(errs, fmt.Errorf("functions.yaml: "+format, args...)) }
	for _, name := range m.Names() {
		f := m.Functions[name]
		if f.Summary == "" || f.Memory == "" || f.Concurrency < 1 || f.Timeout <= 0 {
			complain("%s: summary, memory, concurrency and timeout are needed", name)
		}
		if f.Platform != "run" && f.Platform != "functions" {
			complain("%s: platform %q is neither run nor functions", name, f.Platform)
		}
		if err := m.trigger(f.Trigger); err != nil {
			complain("%s: %w", name, err)
		}
		for _, t := range f.Publishes {
			if _, ok := m.Topics[t]; !ok {
				complain("%s publishes to %s, which is no topic", name, t)
			}
		}
		for _, q := range f.Enqueues {
			if _, ok := m.Queues[q]; !ok {
				complain("%s enqueues on %s, which is no queue", name, q)
			}
		}
	}
	for name, s := range m.Subscriptions {
		if _, ok := m.Topics[s.Topic]; !ok {
			complain("subscription %s is of %s, which is no topic", name, s.Topic)
		}
	}
	return errors.Join(errs...)
}

func (m Manifest) trigger(t Trigger) error {
	set := 0
	for _, s := range []string{t.HTTP, t.Subscription, t.Queue, t.Schedule} {
		if s != "" {
			set++
		}
	}
	if set != 1 {
		return errors.New("exactly one trigger is needed: http, subscription, queue or schedule")
	}
	if _, ok := m.Subscriptions[t.Subscription]; t.Subscription != "" && !ok {
		return fmt.Errorf("triggered by %s, which is no subscription", t.Subscription)
	}
	if _, ok := m.Queues[t.Queue]; t.Queue != "" && !ok {
		return fmt.Errorf("triggered by %s, which is no queue", t.Queue)
	}
	return nil
}
