package main

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

type jet struct {
	server   *server.Server
	conn     *nats.Conn
	stream   jetstream.JetStream
	consumer jetstream.Consumer
}

func openMemory(ctx context.Context, dir string) (contestant, error) {
	return openJet(ctx, dir, jetstream.MemoryStorage, false)
}

func openFile(ctx context.Context, dir string) (contestant, error) {
	return openJet(ctx, dir, jetstream.FileStorage, false)
}

func openSynced(ctx context.Context, dir string) (contestant, error) {
	return openJet(ctx, dir, jetstream.FileStorage, true)
}

// openJet starts a server that is reached in process, not over a socket.
func openJet(ctx context.Context, dir string, storage jetstream.StorageType, synced bool) (contestant, error) {
	s, err := server.NewServer(&server.Options{
		JetStream: true, StoreDir: dir, DontListen: true, NoLog: true, NoSigs: true, SyncAlways: synced,
	})
	if err != nil {
		return nil, err
	}
	s.Start()
	if !s.ReadyForConnections(10 * time.Second) {
		return nil, errors.New("the NATS server does not start")
	}
	j := &jet{server: s}
	if j.conn, err = nats.Connect("", nats.InProcessServer(s)); err != nil {
		return nil, err
	}
	if j.stream, err = jetstream.New(j.conn); err != nil {
		return nil, err
	}
	_, err = j.stream.CreateStream(ctx, jetstream.StreamConfig{
		Name: "topic", Subjects: []string{"topic"}, Storage: storage, Retention: jetstream.InterestPolicy,
	})
	if err != nil {
		return nil, err
	}
	j.consumer, err = j.stream.CreateOrUpdateConsumer(ctx, "topic", jetstream.ConsumerConfig{
		Durable: "sub", AckPolicy: jetstream.AckExplicitPolicy, MaxAckPending: 10_000, MaxDeliver: 5,
	})
	return j, err
}

func (j *jet) publish(ctx context.Context, body []byte) error {
	_, err := j.stream.Publish(ctx, "topic", body)
	return err
}

func (j *jet) consume(ctx context.Context, n int) error {
	work, done := make(chan jetstream.Msg, workers), make(chan struct{})
	var left atomic.Int64
	left.Store(int64(n))
	var failed atomic.Pointer[error]
	var all sync.WaitGroup
	for range workers {
		all.Go(func() {
			for m := range work {
				if err := m.Ack(); err != nil {
					failed.Store(&err)
				}
				if left.Add(-1) == 0 {
					close(done)
				}
			}
		})
	}
	c, err := j.consumer.Consume(func(m jetstream.Msg) { work <- m })
	if err != nil {
		return err
	}
	select {
	case <-done:
	case <-ctx.Done():
		err = ctx.Err()
	}
	c.Stop()
	<-c.Closed()
	close(work)
	all.Wait()
	if f := failed.Load(); f != nil {
		err = *f
	}
	return errors.Join(err, j.conn.Flush())
}

func (j *jet) close() error {
	j.conn.Close()
	j.server.Shutdown()
	j.server.WaitForShutdown()
	return nil
}
