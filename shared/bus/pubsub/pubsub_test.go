package pubsub_test

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/api/option"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/InfinityXOneSystems/infinity-matrix/emulators/google/googletest"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/bus"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/bus/bustest"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/bus/pubsub"
)

var projects atomic.Int64

// open returns a bus in a project of its own on the emulator.
func open(tb testing.TB, address string) bus.Bus {
	tb.Helper()
	b, err := pubsub.New(tb.Context(), pubsub.Options{
		Project: fmt.Sprintf("project-%d", projects.Add(1)),
		Client: []option.ClientOption{
			option.WithEndpoint(address), option.WithoutAuthentication(),
			option.WithGRPCDialOption(grpc.WithTransportCredentials(insecure.NewCredentials())),
		},
	})
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

// The suite on Google's emulator, which ignores filters (the driver has its
// own) and keeps no back-off below its own granularity.
func TestConformance(t *testing.T) {
	t.Parallel()
	address := googletest.PubSub(t)
	bustest.Run(t, func(tb testing.TB) bus.Bus {
		tb.Helper()
		return open(tb, address)
	}, bustest.Options{NoBackoff: true, NoBacklog: true, Patience: 60 * time.Second})
}
