package execution

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/docid"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/task"
)

// Workflows is the collection of the workflows.
const Workflows = "workflows"

// WorkflowState is where a workflow is.
type WorkflowState string

// The states of a workflow.
const (
	WorkflowPlanned      WorkflowState = "planned"      // recorded only (level L1 or L2)
	WorkflowRunning      WorkflowState = "running"      // one of its steps is under way, or waits for an answer
	WorkflowCompensating WorkflowState = "compensating" // what was done is being undone, last step first
	WorkflowDone         WorkflowState = "done"         // all steps succeeded
	WorkflowUndone       WorkflowState = "undone"       // nothing of it stands
	WorkflowStuck        WorkflowState = "stuck"        // something of it stands that could not be undone
)

// Ended reports whether nothing but a person's request moves s any more.
func (s WorkflowState) Ended() bool { return s != WorkflowRunning && s != WorkflowCompensating }

// Workflow is a plan of several steps, each of them an execution. It is
// carried out whole, or what was done of it is undone (docs/adr/0012).
type Workflow struct {
	ID         string         `json:"id"` // hash of the steps' effect keys
	DecisionID string         `json:"decision_id"`
	EventID    string         `json:"event_id"`
	Policy     string         `json:"policy"`
	Repository string         `json:"repository"`
	Steps      []WorkflowStep `json:"steps"` // as the policy lists them

	State  WorkflowState `json:"state"`
	Reason string        `json:"reason,omitempty"` // why it is where it is, for people
	// Stands and Undone are the numbers of the steps whose effects stand, or may
	// stand, and of those that were undone, each last first.
	Stands  []int   `json:"stands,omitempty"`
	Undone  []int   `json:"undone,omitempty"`
	Metrics Metrics `json:"metrics"`

	CreatedAt  time.Time  `json:"created_at"`
	UpdatedAt  time.Time  `json:"updated_at"`
	FinishedAt *time.Time `json:"finished_at,omitempty"`
}

// WorkflowStep is one step, as it was when the workflow last moved.
type WorkflowStep struct {
	Step      int    `json:"step"` // from 1
	Action    string `json:"action"`
	Execution string `json:"execution"`
	State     State  `json:"state"`
	// MadeBy is the decision that had made the effect before, so that this
	// workflow neither makes nor undoes it; "" for the workflow's own steps.
	MadeBy string `json:"made_by,omitempty"`
}

// Metrics are what a workflow cost.
type Metrics struct {
	Attempts   int   `json:"attempts"` // claims to make an effect
	Undos      int   `json:"undos"`    // tries to undo one
	DurationMS int64 `json:"duration_ms,omitempty"`
}

// NewWorkflow joins executions to a workflow: the policy's steps in order, the
// first of them with its state. It sets what joins them in place.
// made are the steps whose effect another decision had made before.
func NewWorkflow(xs []Execution, made ...WorkflowStep) Workflow {
	first := &xs[0]
	w := Workflow{
		DecisionID: first.DecisionID, EventID: first.EventID, Policy: first.Policy, Repository: first.Repository,
		State: WorkflowRunning, Steps: made, CreatedAt: first.CreatedAt, UpdatedAt: first.CreatedAt,
	}
	if first.State == Planned {
		w.State, w.Reason, w.FinishedAt = WorkflowPlanned, first.Reason, first.FinishedAt
	}
	for i := range xs {
		x := &xs[i]
		if i > 0 {
			x.State, x.Reason, x.Previous = Planned, first.Reason, xs[i-1].ID
			if first.State != Planned {
				x.Reason = fmt.Sprintf("follows step %d", xs[i-1].Step)
			}
		}
		x.Following = nil
		for _, later := range xs[i+1:] {
			x.Following = append(x.Following, Following{Execution: later.ID, Action: later.Action, Target: later.Target, Args: later.Args})
		}
		w.Steps = append(w.Steps, WorkflowStep{Step: x.Step, Action: x.Action, Execution: x.ID, State: x.State})
	}
	slices.SortFunc(w.Steps, func(a, b WorkflowStep) int { return a.Step - b.Step })
	parts := []string{"workflow"}
	for _, s := range w.Steps {
		parts = append(parts, s.Execution)
	}
	w.ID = docid.Of(parts...)
	for i := range xs {
		xs[i].WorkflowID = w.ID
	}
	return w
}

// Active returns the id of the execution that the workflow goes on with; "" if
// there is none.
func (w *Workflow) Active() string {
	if w.State.Ended() {
		return ""
	}
	for _, s := range w.Steps {
		if s.MadeBy == "" && !s.State.Terminal() {
			return s.Execution
		}
	}
	return ""
}

// Wake queues what goes on after x: x itself, or the step that its workflow is
// at. That there is nothing to wake is no error.
func (m *Machine) Wake(ctx context.Context, tasks task.Enqueuer, x Execution) error {
	if x.WorkflowID != "" {
		w, err := m.Workflow(ctx, x.WorkflowID)
		if err != nil {
			return err
		}
		id := w.Active()
		if id == "" {
			return nil
		}
		if x, err = m.Get(ctx, id); err != nil {
			return err
		}
	}
	if x.State.Terminal() {
		return nil
	}
	return Enqueue(ctx, tasks, x, x.Due())
}

// Workflow returns the workflow of that id.
func (m *Machine) Workflow(ctx context.Context, id string) (Workflow, error) {
	return workflow(ctx, m.d.Store, id)
}

func workflowKey(id string) store.Key { return store.Key{Collection: Workflows, ID: id} }

func workflow(ctx context.Context, r store.Reader, id string) (Workflow, error) {
	w, err := store.Get[Workflow](ctx, r, workflowKey(id))
	if errors.Is(err, store.ErrNotFound) {
		return w, fault.Wrap(fault.NotFound, err, "there is no workflow %q", id)
	}
	return w, err
}
