// Command github runs the fake GitHub as a process of its own, so that a test
// can kill the platform, or it, and see what is left.
package main

import (
	"context"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/emulators/github"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "github:", err)
		os.Exit(1)
	}
}

// run serves until ctx ends. Its one line of output is the URL.
func run(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("github", flag.ContinueOnError)
	addr := flags.String("addr", "127.0.0.1:0", "loopback address to listen on; port 0 takes a free one")
	journal := flags.String("journal", "", "file that keeps the state; none keeps it in memory")
	webhook := flags.String("webhook-url", "", "where webhooks go; none refuses to deliver")
	secretFile := flags.String("secret-file", "", "file with the webhook's secret")
	appID := flags.Int64("app-id", 1, "the App's id")
	keyFile := flags.String("app-key-file", "", "PEM file with the App's key, public or private")
	limits := flags.Bool("limits", false, "apply GitHub's rate limits")
	echo := flags.Bool("echo", false, "send the webhooks of what clients change, too")
	if err := flags.Parse(args); err != nil {
		return err
	}
	cfg := github.Config{
		AppID: *appID, Journal: *journal, WebhookURL: *webhook, Echo: *echo, Log: slog.New(slog.NewJSONHandler(os.Stderr, nil)),
	}
	if *limits {
		cfg.Limits = github.RealLimits()
	}
	var err error
	if cfg.AppKey, err = publicKey(*keyFile); err != nil {
		return err
	}
	if *secretFile != "" {
		if cfg.Secret, err = os.ReadFile(*secretFile); err != nil {
			return fmt.Errorf("read the webhook's secret: %w", err)
		}
	}
	server, err := github.New(cfg)
	if err != nil {
		return err
	}
	return errors.Join(serve(ctx, *addr, server, out), server.Close())
}

func serve(ctx context.Context, addr string, h http.Handler, out io.Writer) error {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", addr)
	if err != nil {
		return fmt.Errorf("listen on %s: %w", addr, err)
	}
	if a, isTCP := l.Addr().(*net.TCPAddr); !isTCP || !a.IP.IsLoopback() {
		return errors.Join(fmt.Errorf("%s is not on loopback: the fake serves this machine only", addr), l.Close())
	}
	srv := &http.Server{Handler: h, ReadHeaderTimeout: 5 * time.Second}
	stop := context.AfterFunc(ctx, func() { _ = srv.Close() })
	defer stop()
	if _, err := fmt.Fprintf(out, "http://%s\n", l.Addr()); err != nil {
		return err
	}
	if err := srv.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// publicKey reads a PEM key: PKCS #1 or PKIX public, PKCS #1 or #8 private.
func publicKey(path string) (*rsa.PublicKey, error) {
	raw, err := os.ReadFile(path) //nolint:gosec // the file that the user names
	if err != nil {
		return nil, fmt.Errorf("read the App's key (-app-key-file): %w", err)
	}
	block, _ := pem.Decode(raw)
	if block == nil {
		return nil, fmt.Errorf("read the App's key: %s holds no PEM block", path)
	}
	if key, err := x509.ParsePKCS1PublicKey(block.Bytes); err == nil {
		return key, nil
	}
	if key, err := x509.ParsePKCS1PrivateKey(block.Bytes); err == nil {
		return &key.PublicKey, nil
	}
	if key, err := x509.ParsePKIXPublicKey(block.Bytes); err == nil {
		if key, isRSA := key.(*rsa.PublicKey); isRSA {
			return key, nil
		}
	}
	if key, err := x509.ParsePKCS8PrivateKey(block.Bytes); err == nil {
		if key, isRSA := key.(*rsa.PrivateKey); isRSA {
			return &key.PublicKey, nil
		}
	}
	return nil, fmt.Errorf("read the App's key: %s holds no RSA key", path)
}
