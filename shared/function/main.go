package function

import (
	"context"
	"log/slog"
	"net"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
)

// Main opens the platform of the environment, builds the function name and
// serves it until it is told to stop. A function's cmd is this call.
func Main(ctx context.Context, name string) error {
	construct, ok := Lookup(name)
	if !ok {
		return fault.New(fault.NotFound, "there is no function %q in this program", name)
	}
	p, err := Open(ctx, OS())
	if err != nil {
		return err
	}
	var c ServeConfig
	if err := Configure(ctx, p, &c); err != nil {
		return err
	}
	h, err := construct(ctx, p)
	if err != nil {
		return err
	}
	c.Log = p.Log
	c.Listening = func(a net.Addr) {
		p.Log.InfoContext(ctx, "listening", slog.String("function", name), slog.String("address", a.String()))
	}
	return Serve(ctx, h, c)
}
