package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strconv"

	"github.com/tidwall/gjson"

	"github.com/InfinityXOneSystems/infinity-matrix/scripts/infinity/internal/client"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/audit/transparency"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/audit/verify"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/blob"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
)

// auditSource reads the log from the gateway or, if nothing runs here, from the
// data folder.
func (a *app) auditSource(ctx context.Context) (src verify.Source, done func() error, err error) {
	gateway, err := a.running(ctx)
	if err == nil {
		return remote{gateway}, func() error { return nil }, nil
	}
	m, err := a.open(err)
	if err != nil {
		return nil, nil, err
	}
	return verify.Direct{Store: m.Store, Blobs: m.Blobs}, m.Close, nil
}

// remote is a log behind a gateway.
type remote struct{ gateway *client.Client }

type auditLog struct {
	transparency.State
	Later []string `json:"later"`
}

// State implements verify.Source.
func (r remote) State(ctx context.Context) (transparency.State, error) {
	var l auditLog
	err := r.gateway.Get(ctx, "/v1/audit/log", nil, &l)
	return l.State, err
}

// Later implements verify.Source.
func (r remote) Later(ctx context.Context, size int64) ([]string, error) {
	var l auditLog
	err := r.gateway.Get(ctx, "/v1/audit/log", url.Values{"size": {strconv.FormatInt(size, 10)}}, &l)
	return l.Later, err
}

// Blob implements verify.Source.
func (r remote) Blob(ctx context.Context, key string) ([]byte, error) {
	data, err := r.gateway.Bytes(ctx, "/v1/audit/blob", url.Values{"key": {key}})
	if fault.Is(err, fault.NotFound) {
		err = fmt.Errorf("%s: %w", key, blob.ErrNotFound)
	}
	return data, err
}

// Records implements verify.Source.
func (r remote) Records(ctx context.Context, each func(verify.Found) error) error {
	st, err := r.State(ctx)
	if err != nil {
		return err
	}
	return verify.InSpans(ctx, st.Next, r.span, each)
}

func (r remote) span(ctx context.Context, from, to int64) ([]verify.Found, error) {
	query := url.Values{"limit": {"1000"}, "from": {strconv.FormatInt(from, 10)}, "to": {strconv.FormatInt(to, 10)}}
	var all []verify.Found
	for {
		text, err := r.gateway.Bytes(ctx, "/v1/audit/records", query)
		if err != nil {
			return nil, err
		}
		if !gjson.ValidBytes(text) {
			return nil, fault.New(fault.Unavailable, "the gateway's answer ended early; try again")
		}
		for _, item := range gjson.GetBytes(text, "items").Array() {
			f, err := verify.Find([]byte(item.Raw))
			if err != nil {
				return nil, err
			}
			all = append(all, f)
		}
		next := gjson.GetBytes(text, "next").String()
		if next == "" {
			return all, nil
		}
		query.Set("cursor", next)
	}
}

// memory is the file in which this user remembers what they saw of a log, out
// of the platform's reach: it is how a log that was cut or forked is found.
type memory string

// remembered is the memory of the platform that the flags name.
func (a *app) remembered() memory {
	of := a.flags.URL
	if of == "" {
		of = a.data
	}
	sum := sha256.Sum256([]byte(of))
	dir, err := os.UserConfigDir()
	if err != nil { // no home: better near the data than nowhere
		dir = a.data
	}
	return memory(filepath.Join(dir, "infinity-matrix", "audit-"+hex.EncodeToString(sum[:8])+".json"))
}

func (m memory) read() (verify.Seen, error) {
	var seen verify.Seen
	text, err := os.ReadFile(string(m))
	if errors.Is(err, fs.ErrNotExist) {
		return seen, nil
	}
	if err == nil {
		err = json.Unmarshal(text, &seen)
	}
	if err != nil {
		err = fault.Wrap(fault.Unavailable, err, "what the last look saw cannot be read from %s; mend it, or begin anew with --forget", m)
	}
	return seen, err
}

func (m memory) write(seen verify.Seen) error {
	text, err := json.MarshalIndent(seen, "", "  ")
	if err == nil {
		err = os.MkdirAll(filepath.Dir(string(m)), 0o700)
	}
	if err == nil {
		err = os.WriteFile(string(m), append(text, '\n'), 0o600)
	}
	if err != nil {
		return fault.Wrap(fault.Unavailable, err, "what was seen cannot be kept in %s", m)
	}
	return nil
}
