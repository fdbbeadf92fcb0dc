package retention

import (
	"errors"
	"fmt"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/audit"
)

// Config says how long what is kept. It is read from the environment, all of it
// in days.
type Config struct {
	// Bodies of events are needed for replay and back-tests.
	Bodies int `env:"RETENTION_BODY_DAYS, default=30"`
	// Deliveries are what an event that is delivered again is known by. API keys
	// are kept as long after their end.
	Deliveries int `env:"RETENTION_DELIVERY_DAYS, default=90"`
	// History is decisions, executions and workflows that have ended with their
	// approvals, what was changed of resources, and resolved pages.
	History int `env:"RETENTION_HISTORY_DAYS, default=400"`
	// Operations and Security are the classes of audit records.
	Operations int `env:"RETENTION_OPERATIONS_DAYS, default=400"`
	Security   int `env:"RETENTION_SECURITY_DAYS, default=1100"`
}

// What would break something if it were kept shorter: GitHub sends a delivery
// again for three days at most (ten times that is on the safe side), and the
// limits of policies count executions of up to 90 days.
const (
	leastDeliveries = 30
	leastHistory    = 100
)

const day = 24 * time.Hour

// Validate returns all mistakes at once.
func (c Config) Validate() error {
	var errs []error
	least := func(name string, days, least int, why string) {
		if days < least {
			errs = append(errs, fmt.Errorf("%s is %d; it must be at least %d: %s", name, days, least, why))
		}
	}
	least("RETENTION_BODY_DAYS", c.Bodies, 1, "events are decided from their bodies")
	least("RETENTION_DELIVERY_DAYS", c.Deliveries, leastDeliveries, "an event that is delivered again would be decided again")
	least("RETENTION_DELIVERY_DAYS", c.Deliveries, c.Bodies, "a body is found by its delivery (RETENTION_BODY_DAYS)")
	least("RETENTION_HISTORY_DAYS", c.History, leastHistory, "limits count executions of up to 90 days")
	least("RETENTION_HISTORY_DAYS", c.History, c.Deliveries, "a delivery names its decision (RETENTION_DELIVERY_DAYS)")
	least("RETENTION_OPERATIONS_DAYS", c.Operations, c.History, "what is there must be on record (RETENTION_HISTORY_DAYS)")
	least("RETENTION_SECURITY_DAYS", c.Security, c.Operations, "who froze or erased what is kept longest (RETENTION_OPERATIONS_DAYS)")
	return errors.Join(errs...)
}

// class is how long audit records of a retention class are kept; one that is
// not known is kept as long as any.
func (c Config) class(name string) time.Duration {
	if name == "operations" {
		return time.Duration(c.Operations) * day
	}
	return time.Duration(max(c.Operations, c.Security)) * day
}

// Expired reports whether the record that l stands for may be gone at now:
// what verify.Options asks.
func (c Config) Expired(l audit.Leaf, now time.Time) bool {
	return !now.Before(l.At.Add(c.class(l.Retention)))
}

// String says how long audit records are kept, for people.
func (c Config) String() string {
	return fmt.Sprintf("operations %d days, security %d days", c.Operations, c.Security)
}
