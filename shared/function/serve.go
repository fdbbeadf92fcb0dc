package function

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os/signal"
	"syscall"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
)

// ServeConfig says where and how patiently to serve. Zero times are the
// defaults in the comments.
type ServeConfig struct {
	// Host is where to listen: "" is every address, as Cloud Run needs.
	Host string `env:"HOST"`
	// Port to listen on; 0 takes a free one.
	Port int `env:"PORT, default=8080"`
	// ReadHeader ends a connection whose header is not there in time. 5 s
	ReadHeader time.Duration `env:"SERVE_READ_HEADER"`
	// Read bounds header and body together. 10 s
	Read time.Duration `env:"SERVE_READ"`
	// Write bounds the handler and its answer. 75 s
	Write time.Duration `env:"SERVE_WRITE"`
	// Idle is how long a connection may wait for its next request. 120 s
	Idle time.Duration `env:"SERVE_IDLE"`
	// Stop is how long requests under way may take once told to stop. 10 s
	Stop time.Duration `env:"SERVE_STOP"`

	// Listening is told the address once connections are taken.
	Listening func(net.Addr)
	Log       *slog.Logger `env:",noinit"`
}

// Validate implements what Configure asks for.
func (c *ServeConfig) Validate() error {
	if c.Port < 0 || c.Port > 65535 {
		return fmt.Errorf("PORT is %d; it must be between 0 and 65535", c.Port)
	}
	return nil
}

func (c *ServeConfig) defaults() {
	for at, d := range map[*time.Duration]time.Duration{
		&c.ReadHeader: 5 * time.Second, &c.Read: 10 * time.Second, &c.Write: 75 * time.Second,
		&c.Idle: 120 * time.Second, &c.Stop: 10 * time.Second,
	} {
		if *at <= 0 {
			*at = d
		}
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Listening == nil {
		c.Listening = func(net.Addr) {}
	}
}

// Serve serves h until ctx ends or SIGTERM or SIGINT comes, then takes no new
// connection and waits for the requests under way. nil means a clean stop.
func Serve(ctx context.Context, h http.Handler, c ServeConfig) error {
	c.defaults()
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	listener, err := listen(ctx, c)
	if err != nil {
		return err
	}
	server := NewServer(h, c)
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	c.Listening(listener.Addr())
	select {
	case err := <-failed:
		return fmt.Errorf("serve %s: %w", listener.Addr(), err)
	case <-ctx.Done():
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), c.Stop)
	defer cancel()
	if err := server.Shutdown(grace); err != nil {
		return errors.Join(fmt.Errorf("requests were still under way after %s: %w", c.Stop, err), server.Close())
	}
	return nil
}

// NewServer returns a server of h with the bounds of c on what strangers can
// hold: time and header bytes (abuse case S6). It is for those who have a
// listener of their own.
func NewServer(h http.Handler, c ServeConfig) *http.Server {
	c.defaults()
	return &http.Server{
		Handler: h, ReadHeaderTimeout: c.ReadHeader, ReadTimeout: c.Read, WriteTimeout: c.Write, IdleTimeout: c.Idle,
		MaxHeaderBytes: 64 << 10, ErrorLog: slog.NewLogLogger(c.Log.Handler(), slog.LevelDebug),
	}
}

func listen(ctx context.Context, c ServeConfig) (net.Listener, error) {
	address := net.JoinHostPort(c.Host, fmt.Sprint(c.Port))
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fault.Wrap(fault.Conflict, err, "port %d is in use by another process; stop it or set PORT to a free one (0 finds one)", c.Port)
	case errors.Is(err, syscall.EACCES):
		return nil, fault.Wrap(fault.Forbidden, err, "this user may not listen on port %d; set PORT to one above 1023", c.Port)
	case err != nil:
		return nil, fault.Wrap(fault.Unavailable, err, "cannot listen on %s; set HOST to an address of this machine", address)
	}
	return listener, nil
}
