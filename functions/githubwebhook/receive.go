package githubwebhook

import (
	"encoding/json"
	"mime"
	"net/http"
	"strings"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/event"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/event/github"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/function"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/telemetry"
)

// GitHub's headers, as net/http writes them.
const (
	headerEvent     = "X-Github-Event"
	headerDelivery  = "X-Github-Delivery"
	headerSignature = "X-Hub-Signature-256"
)

// receiver is the handler. The order of its steps is its security: the header
// says whether the body is worth reading, the signature whether it is worth
// parsing, the shape whether it is worth storing.
type receiver struct {
	config Config
	deps   Deps
	keys   keys
}

// accepted is the body of a 202.
type accepted struct {
	Event string `json:"event"` // the event's id
	Type  string `json:"type"`
}

// ServeHTTP implements http.Handler.
func (v *receiver) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !function.AllowMethod(w, r, http.MethodPost) {
		return
	}
	e, err := v.receive(w, r)
	if err != nil {
		function.WriteError(w, r, err)
		return
	}
	answer, err := json.Marshal(accepted{Event: e.ID, Type: e.Type})
	if err != nil {
		function.WriteError(w, r, err)
		return
	}
	w.Header()["Content-Type"] = []string{"application/json"}
	w.WriteHeader(http.StatusAccepted)
	w.Write(answer)
}

func (v *receiver) receive(w http.ResponseWriter, r *http.Request) (event.Event, error) {
	if err := v.checkHeader(r); err != nil {
		return event.Event{}, err
	}
	signature, err := parseSignature(r.Header.Get(headerSignature))
	if err != nil {
		return event.Event{}, err
	}
	keys, err := v.keys.get(r.Context())
	if err != nil {
		return event.Event{}, err
	}
	b, err := readBody(w, r, v.config.MaxBody, keys)
	if err != nil {
		return event.Event{}, err
	}
	defer b.release()
	if !b.signed(signature) {
		return event.Event{}, errSignature
	}
	e := event.Event{Time: v.deps.Clock.Now(), Digest: b.digest(), TraceParent: telemetry.TraceParent(r.Context())}
	if e.ID, err = deliveryID(r.Header.Get(headerDelivery)); err != nil {
		return event.Event{}, err
	}
	data, err := b.bytes()
	if err != nil {
		return event.Event{}, err
	}
	hook, err := github.Parse(r.Header.Get(headerEvent), data)
	if err != nil {
		return event.Event{}, err
	}
	hook.Fill(&e)
	if err := v.publish(r.Context(), e, data); err != nil {
		b.abandon() // a publisher that was cut off may still be reading
		return event.Event{}, err
	}
	return e, nil
}

// checkHeader refuses, before the body is read, what can be seen without it.
func (v *receiver) checkHeader(r *http.Request) error {
	media, _, err := mediaType(r.Header.Get("Content-Type"))
	if err != nil || media != "application/json" {
		return fault.New(fault.Unsupported, "the webhook must send application/json; choose the content type application/json in the webhook's settings")
	}
	if encoding := r.Header.Get("Content-Encoding"); encoding != "" && !strings.EqualFold(encoding, "identity") {
		return fault.New(fault.Unsupported, "a compressed body is not taken; send it without Content-Encoding")
	}
	if r.ContentLength > v.config.MaxBody {
		return tooLarge(v.config.MaxBody)
	}
	return nil
}

// mediaType spares the parser what GitHub always sends.
func mediaType(value string) (string, map[string]string, error) {
	if value == "application/json" {
		return value, nil, nil
	}
	return mime.ParseMediaType(value)
}

func tooLarge(limit int64) error {
	return fault.New(fault.TooLarge, "the body is over the limit of %d bytes", limit)
}

// deliveryID takes GitHub's ids, which are UUIDs (RFC 9562), and no others: the
// header is not signed, and the id becomes part of keys and of what people type.
func deliveryID(id string) (string, error) {
	const form = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx"
	ok := len(id) == len(form)
	for i := 0; ok && i < len(id); i++ {
		c := id[i]
		hex := c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
		ok = hex == (form[i] == 'x') && (hex || c == '-')
	}
	if !ok {
		return "", fault.New(fault.Invalid, "X-GitHub-Delivery must be a UUID")
	}
	return strings.ToLower(id), nil
}
