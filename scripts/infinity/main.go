// Command infinity is the command line of Infinity-Matrix: it starts the
// platform on this machine, sends it events, shows what it decided and did and
// why, takes people's answers, and checks policies. It holds no rule of the
// platform: it asks the gateway.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}
