package github

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"net"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/secret"
)

// NewKey returns a new private key of an App, as GitHub would give it (PEM,
// PKCS #1), and its public half. The local runner gives the one to the secret
// store and the other to the fake.
func NewKey() (secret.Value, *rsa.PublicKey, error) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return nil, nil, fmt.Errorf("make the App's key: %w", err)
	}
	block := &pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)}
	return pem.EncodeToMemory(block), &key.PublicKey, nil
}

// key reads the App's newest private key. It is read for each token, so that
// a rotated key serves from the next token on.
func (c *Clients) key(ctx context.Context) (*rsa.PrivateKey, error) {
	versions, err := c.secrets.Versions(ctx, c.cfg.KeySecret)
	if err != nil {
		return nil, fmt.Errorf("read secret %s: %w", c.cfg.KeySecret, err)
	}
	key, err := parseKey(versions[0].Value)
	if err != nil {
		return nil, fmt.Errorf("parse secret %s: %w", c.cfg.KeySecret, err)
	}
	return key, nil
}

func parseKey(v secret.Value) (*rsa.PrivateKey, error) {
	block, _ := pem.Decode(v)
	if block == nil {
		return nil, errors.New("it holds no PEM block")
	}
	if key, err := x509.ParsePKCS1PrivateKey(block.Bytes); err == nil {
		return key, nil
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, errors.New("it is neither a PKCS #1 nor a PKCS #8 private key") // the cause may quote the key
	}
	if key, ok := key.(*rsa.PrivateKey); ok {
		return key, nil
	}
	return nil, errors.New("it is not an RSA key")
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || (ip != nil && ip.IsLoopback())
}
