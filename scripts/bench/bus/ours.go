package main

import (
	"context"
	"errors"
	"sync/atomic"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/bus"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/bus/embedded"
	database "github.com/InfinityXOneSystems/infinity-matrix/shared/embedded"
)

var subscription = bus.Subscription{Name: "sub", Topic: "topic", Workers: workers}

type ours struct {
	db  *database.DB
	bus *embedded.Bus
}

func openOurs(ctx context.Context, dir string) (contestant, error) {
	db, err := database.Open(dir, database.Options{})
	if err != nil {
		return nil, err
	}
	b, err := embedded.New(db, embedded.Options{})
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return &ours{db: db, bus: b}, b.Ensure(ctx, subscription)
}

func (o *ours) publish(ctx context.Context, body []byte) error {
	_, err := o.bus.Publish(ctx, subscription.Topic, bus.Message{Data: body})
	return err
}

func (o *ours) consume(ctx context.Context, n int) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var left atomic.Int64
	left.Store(int64(n))
	return o.bus.Serve(ctx, subscription, func(context.Context, bus.Message) error {
		if left.Add(-1) == 0 {
			cancel()
		}
		return nil
	})
}

func (o *ours) close() error { return errors.Join(o.bus.Close(), o.db.Close()) }
