package github

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Limits are GitHub's, for one credential; 0 is no limit.
// https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api
type Limits struct {
	Hourly          int // primary: requests an hour
	Concurrent      int
	PointsPerMinute int // 1 for a GET, 5 for a write
	WritesPerMinute int // that create content
	WritesPerHour   int
	RetryAfter      time.Duration // that a secondary refusal asks for; default one minute
}

// RealLimits are the ones of an App's installation.
func RealLimits() Limits {
	return Limits{Hourly: 5000, Concurrent: 100, PointsPerMinute: 900, WritesPerMinute: 80, WritesPerHour: 500}
}

type limits struct{ byActor map[string]*usage }

// usage is what one credential has used.
type usage struct {
	used   int
	reset  time.Time
	inside int
	points []spent
	writes []time.Time
}

type spent struct {
	at     time.Time
	points int
}

// enter counts a request and refuses it if a limit is reached. An admitted
// request calls leave.
func (l *limits) enter(s *Server, w http.ResponseWriter, r *http.Request, actor string) (answer, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.cfg.Clock.Now()
	u := l.usage(actor, now)
	defer func() { s.cfg.Limits.headers(w, u) }()
	if s.cfg.Limits.Hourly > 0 && u.used >= s.cfg.Limits.Hourly {
		return refuse(http.StatusForbidden, "API rate limit exceeded for installation."), true
	}
	u.used++
	if u.exceeds(s.cfg.Limits, r, now) {
		wait := s.cfg.Limits.RetryAfter
		if wait == 0 {
			wait = time.Minute
		}
		w.Header().Set("Retry-After", strconv.Itoa(int(wait.Seconds())))
		return secondary(), true
	}
	u.inside++
	return answer{}, false
}

// secondary is known to clients by its documentation_url.
func secondary() answer {
	return answer{status: http.StatusForbidden, body: object{
		"message":           "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.",
		"documentation_url": docs + "/overview/rate-limits-for-the-rest-api#about-secondary-rate-limits",
	}}
}

func (l *limits) leave(s *Server, actor string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	l.byActor[actor].inside--
}

func (l *limits) usage(actor string, now time.Time) *usage {
	u := l.byActor[actor]
	if u == nil {
		u = &usage{}
		l.byActor[actor] = u
	}
	if !now.Before(u.reset) {
		u.used, u.reset = 0, now.Add(time.Hour)
	}
	return u
}

// exceeds counts the request against the secondary limits.
func (u *usage) exceeds(l Limits, r *http.Request, now time.Time) bool {
	cost := 1
	content := false
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		cost, content = 5, !strings.HasSuffix(r.URL.Path, "/access_tokens")
	}
	u.points = slices.DeleteFunc(u.points, func(p spent) bool { return now.Sub(p.at) >= time.Minute })
	u.writes = slices.DeleteFunc(u.writes, func(t time.Time) bool { return now.Sub(t) >= time.Hour })
	total, lastMinute := 0, 0
	for _, p := range u.points {
		total += p.points
	}
	for _, t := range u.writes {
		if now.Sub(t) < time.Minute {
			lastMinute++
		}
	}
	over := func(have, limit int) bool { return limit > 0 && have > limit }
	if over(u.inside+1, l.Concurrent) || over(total+cost, l.PointsPerMinute) ||
		(content && (over(lastMinute+1, l.WritesPerMinute) || over(len(u.writes)+1, l.WritesPerHour))) {
		return true
	}
	if l.PointsPerMinute > 0 {
		u.points = append(u.points, spent{now, cost})
	}
	if content && l.WritesPerMinute+l.WritesPerHour > 0 {
		u.writes = append(u.writes, now)
	}
	return false
}

func (l Limits) hourly() int {
	if l.Hourly > 0 {
		return l.Hourly
	}
	return 5000
}

func (l Limits) headers(w http.ResponseWriter, u *usage) {
	h := w.Header()
	h.Set("X-RateLimit-Limit", strconv.Itoa(l.hourly())) //nolint:canonicalheader // as GitHub writes it
	h.Set("X-RateLimit-Used", strconv.Itoa(u.used))      //nolint:canonicalheader // as GitHub writes it
	left := max(l.hourly()-u.used, 0)
	if l.Hourly == 0 {
		left = max(left, 1) // nobody is to stop for a limit that is off
	}
	h.Set("X-RateLimit-Remaining", strconv.Itoa(left))                //nolint:canonicalheader // as GitHub writes it
	h.Set("X-RateLimit-Reset", strconv.FormatInt(u.reset.Unix(), 10)) //nolint:canonicalheader // as GitHub writes it
	h.Set("X-RateLimit-Resource", "core")                             //nolint:canonicalheader // as GitHub writes it
}

func getRateLimit(c *call) answer {
	u := c.s.limits.usage(actorOf(c.r), c.now)
	core := object{
		"limit": c.s.cfg.Limits.hourly(), "used": u.used, "reset": u.reset.Unix(),
		"remaining": max(c.s.cfg.Limits.hourly()-u.used, 0),
	}
	return ok(object{"resources": object{"core": core, "search": core}, "rate": core})
}
