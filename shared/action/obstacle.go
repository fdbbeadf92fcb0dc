package action

// Obstacle is why nothing can be done to anything of its subject until a
// person has cleared something outside of the platform. An action's error may
// wrap one: the execution is blocked and the person is called.
type Obstacle struct { //nolint:errname // reads as it is said
	Kind    string // of the page: "installation_suspended"
	Subject string // what it is about: "installations/octo"
	Summary string // one sentence: what is the matter
	Do      string // one sentence: what to do
	Err     error  // the cause, with its fault kind
}

// Error implements error.
func (o *Obstacle) Error() string { return o.Summary + ": " + o.Err.Error() }

// Unwrap returns the cause.
func (o *Obstacle) Unwrap() error { return o.Err }
