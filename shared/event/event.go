// Package event is the platform's event: a CloudEvent 1.0 with the extensions
// the platform uses, and its mapping to bus messages. It holds no transport
// and no business rule; GitHub's own event names are in event/github.
//
// Source: CloudEvents 1.0.2, https://github.com/cloudevents/spec, and its
// Pub/Sub binding (attributes prefixed with "ce-").
package event

import "time"

// Topics of the platform, as the manifest and Terraform name them.
const (
	TopicGitHub       = "github.webhook-events"
	TopicStateChanges = "agent.state-changes"
	TopicFirebase     = "firebase.realtime-sync"
	TopicHealth       = "system.health-checks"
	TopicError        = "error.critical"
	TopicAnalytics    = "analytics.events"
)

// Event is one CloudEvent. Data holds the JSON body unless it was over the
// topic's limit; then DataRef names the blob that holds it.
type Event struct {
	ID      string    // the source's own id: GitHub's delivery id
	Source  string    // URI-reference: "https://github.com/octo/hello"
	Type    string    // "com.github.workflow_run.completed"
	Subject string    // the resource within the source: "issues/12"; may be empty
	Time    time.Time // when it was received, UTC

	// Extensions (CloudEvents attribute names in comments).
	PartitionKey   string // partitionkey: repository id; orders delivery
	InstallationID int64  // installationid: GitHub App installation; 0 if none
	Repository     string // repository: "owner/name"; empty for organisation events
	RepositoryID   int64  // repositoryid: numeric id, what access is decided on
	Digest         string // digest: hex SHA-256 of the body as received
	Hop            int    // hop: how many of our own effects led to this event
	TraceParent    string // traceparent: W3C Trace Context

	Data    []byte // JSON, at most the topic's limit
	DataRef string // dataref: key in the blob store when Data is empty
}
