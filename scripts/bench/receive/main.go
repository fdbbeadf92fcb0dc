// Command receive compares webhook receivers: ours, which stores each event on
// disk, with @octokit/webhooks, Probot and go-github, which store nothing. Each
// runs as a process of its own on loopback; one load generator drives them in
// turns, so that what else the machine does meets all alike. It prints CPU time
// a request (user and system, of the server's process) and the ratios.
//
// run.sh builds and installs what it needs and calls it.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/emulators/github/payloads"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	bin := flag.String("bin", "bin", "folder of the Go receivers")
	node := flag.String("node", "", "folder with the Node receivers and their node_modules")
	rounds := flag.Int("rounds", 5, "rounds of the CPU comparison")
	count := flag.Int("requests", 2000, "requests a round")
	seconds := flag.Int("seconds", 10, "length of the open-loop comparison")
	rate := flag.Int("rate", 300, "requests a second in it")
	flag.Parse()

	servers, err := startAll(ctx, *bin, *node)
	defer stopAll(servers)
	if err != nil {
		return err
	}
	for _, event := range []string{"push", "pull_request"} {
		p, err := payloads.Find(event, "")
		if err != nil {
			return err
		}
		if err := compareCPU(ctx, servers, p, *rounds, *count); err != nil {
			return err
		}
	}
	p, err := payloads.Find("push", "")
	if err != nil {
		return err
	}
	return compareLatency(ctx, servers, p, *rate, time.Duration(*seconds)*time.Second)
}
