package github

import (
	"net/http"
	"regexp"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/clock"
)

// Fault makes the next requests that match go wrong.
type Fault struct {
	Method string `json:"method"` // "" is any
	Path   string `json:"path"`   // regular expression; "" is any
	Times  int    `json:"times"`  // how many requests; 0 is one
	// What happens: first the latency, then one of the others.
	Latency     time.Duration     `json:"latency"` // nanoseconds in JSON
	Status      int               `json:"status"`
	Header      map[string]string `json:"header"`       // with Status
	Reset       bool              `json:"reset"`        // the connection ends, nothing is done
	AfterEffect bool              `json:"after_effect"` // the effect is made, the connection ends

	path *regexp.Regexp
}

// Inject adds a fault; of several that match, the first counts.
func (s *Server) Inject(f Fault) error {
	path, err := regexp.Compile(f.Path)
	if err != nil {
		return err
	}
	f.path, f.Times = path, max(f.Times, 1)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, &f)
	return nil
}

// ClearFaults forgets all faults.
func (s *Server) ClearFaults() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = nil
}

func (s *Server) takeFault(r *http.Request) *Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range s.faults {
		if f.Times > 0 && (f.Method == "" || f.Method == r.Method) && f.path.MatchString(r.URL.Path) {
			f.Times--
			taken := *f
			return &taken
		}
	}
	return nil
}

// before carries out what a fault does ahead of the handler.
func (s *Server) before(r *http.Request, f *Fault) (answer, bool) {
	if f == nil {
		return answer{}, false
	}
	if f.Latency > 0 && clock.Sleep(r.Context(), s.cfg.Clock, f.Latency) != nil {
		panic(http.ErrAbortHandler) // the client has gone: nothing is done
	}
	if f.Reset {
		panic(http.ErrAbortHandler)
	}
	if f.Status != 0 {
		a := refuse(f.Status, http.StatusText(f.Status))
		a.header = f.Header
		return a, true
	}
	return answer{}, false
}
