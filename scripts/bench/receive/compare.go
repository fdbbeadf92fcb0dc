package main

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"github.com/InfinityXOneSystems/infinity-matrix/emulators/github/payloads"
)

// callers is how many requests are under way at once.
const callers = 8

var client = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 256}, Timeout: 30 * time.Second}

// send posts p once and fails unless it is taken.
func (s *server) send(ctx context.Context, p payloads.Payload, signature string) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+s.address+"/", bytes.NewReader(p.Body))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("User-Agent", "GitHub-Hookshot/bench")
	r.Header.Set("X-GitHub-Event", p.Event)
	r.Header.Set("X-GitHub-Delivery", uuid.NewString())
	r.Header.Set("X-Hub-Signature-256", signature)
	answer, err := client.Do(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if answer.StatusCode/100 != 2 {
		return fmt.Errorf("%s answered %d: %s", s.name, answer.StatusCode, text)
	}
	return err
}

func sign(body []byte) string {
	m := hmac.New(sha256.New, []byte(key))
	m.Write(body)
	return "sha256=" + hex.EncodeToString(m.Sum(nil))
}

// burst sends count requests, closed loop, and returns the server's CPU time.
func (s *server) burst(ctx context.Context, p payloads.Payload, count int) (time.Duration, error) {
	before, err := s.cpu()
	if err != nil {
		return 0, err
	}
	signature := sign(p.Body)
	var next atomic.Int64
	failures := make(chan error, callers)
	for range callers {
		go func() {
			var failure error
			for failure == nil && next.Add(1) <= int64(count) {
				failure = s.send(ctx, p, signature)
			}
			failures <- failure
		}()
	}
	for range callers {
		if failure := <-failures; failure != nil {
			err = failure
		}
	}
	after, failure := s.cpu()
	if failure != nil {
		return 0, failure
	}
	return after - before, err
}

// compareCPU drives the servers in turns and prints the medians of the rounds.
func compareCPU(ctx context.Context, servers []*server, p payloads.Payload, rounds, count int) error {
	micros := map[string][]float64{}
	for round := range rounds + 1 {
		for _, s := range servers {
			spent, err := s.burst(ctx, p, count)
			if err != nil {
				return err
			}
			if round > 0 { // the first warms up
				micros[s.name] = append(micros[s.name], float64(spent.Microseconds())/float64(count))
			}
		}
	}
	fmt.Printf("\nCPU a request, %s, %d bytes (%d callers, median of %d rounds of %d)\n", p.Event, len(p.Body), callers, rounds, count)
	ours := median(micros["ours"])
	for _, s := range servers {
		m := median(micros[s.name])
		fmt.Printf("  %-10s %7.0f us   ours is %.2f of it\n", s.name, m, ours/m)
	}
	return nil
}

func median(values []float64) float64 {
	slices.Sort(values)
	return values[len(values)/2]
}

// compareLatency sends at a fixed rate, whatever the answers do, to ours and
// to octokit in slices of one second by turns.
func compareLatency(ctx context.Context, servers []*server, p payloads.Payload, rate int, length time.Duration) error {
	latencies := map[string][]time.Duration{}
	for range int(length / time.Second) {
		for _, s := range servers {
			if s.name != "ours" && s.name != "octokit" {
				continue
			}
			took, err := s.open(ctx, p, rate)
			if err != nil {
				return err
			}
			latencies[s.name] = append(latencies[s.name], took...)
		}
	}
	fmt.Printf("\nlatency at %d requests/s, open loop, %s\n", rate, p.Event)
	for _, q := range []float64{0.5, 0.99} {
		ours, theirs := quantile(latencies["ours"], q), quantile(latencies["octokit"], q)
		fmt.Printf("  p%.0f  ours %v  octokit %v  ratio %.2f\n", q*100, ours, theirs, float64(ours)/float64(theirs))
	}
	return nil
}

// open sends rate requests within a second. Latency counts from when a request
// was due, not from when it was sent, so that queueing is not hidden.
func (s *server) open(ctx context.Context, p payloads.Payload, rate int) ([]time.Duration, error) {
	signature := sign(p.Body)
	took, failures := make([]time.Duration, rate), make([]error, rate)
	start := time.Now()
	var group sync.WaitGroup
	for i := range rate {
		due := start.Add(time.Duration(i) * time.Second / time.Duration(rate))
		<-time.After(time.Until(due))
		group.Go(func() {
			failures[i] = s.send(ctx, p, signature)
			took[i] = time.Since(due)
		})
	}
	group.Wait()
	for _, err := range failures {
		if err != nil {
			return nil, err
		}
	}
	return took, nil
}

func quantile(values []time.Duration, q float64) time.Duration {
	slices.Sort(values)
	return values[int(float64(len(values)-1)*q)].Round(10 * time.Microsecond)
}
