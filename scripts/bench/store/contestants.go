package main

import (
	"context"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"path/filepath"

	bolt "go.etcd.io/bbolt"
	_ "modernc.org/sqlite" // the driver "sqlite"

	database "github.com/InfinityXOneSystems/infinity-matrix/shared/embedded"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store/embedded"
)

// bodies returns documents of 1 KiB made from a seed.
func bodies(seed uint64) []document {
	random := rand.New(rand.NewPCG(seed, 1)) //nolint:gosec // test data
	values := make([]document, 16)
	for i := range values {
		b := make([]byte, 750)
		for j := range b {
			b[j] = byte(random.Uint32())
		}
		values[i] = document{Body: base64.StdEncoding.EncodeToString(b)}
	}
	return values
}

func contestants(dir string) ([]*contestant, error) {
	ours, err := openOurs(filepath.Join(dir, "ours"))
	if err != nil {
		return nil, err
	}
	bbolt, err := openBolt(filepath.Join(dir, "bolt"))
	if err != nil {
		return nil, err
	}
	sqlite, err := openSQLite(filepath.Join(dir, "sqlite"))
	return []*contestant{ours, bbolt, sqlite}, err
}

func openOurs(dir string) (*contestant, error) {
	db, err := database.Open(dir, database.Options{})
	if err != nil {
		return nil, err
	}
	s := embedded.New(db, nil)
	commit := func(ctx context.Context, key string, value document) error {
		return s.Run(ctx, func(_ context.Context, tx store.Tx) error {
			return tx.Put(store.Key{Collection: "documents", ID: key}, value)
		})
	}
	return &contestant{name: "embedded", commit: commit, close: db.Close}, nil
}

func openBolt(path string) (*contestant, error) {
	db, err := bolt.Open(path, 0o600, nil)
	if err != nil {
		return nil, err
	}
	bucket := []byte("documents")
	if err := db.Update(func(tx *bolt.Tx) error { _, err := tx.CreateBucket(bucket); return err }); err != nil {
		return nil, err
	}
	commit := func(_ context.Context, key string, value document) error {
		data, err := json.Marshal(value)
		if err != nil {
			return err
		}
		return db.Update(func(tx *bolt.Tx) error { return tx.Bucket(bucket).Put([]byte(key), data) })
	}
	return &contestant{name: "bbolt", commit: commit, close: db.Close}, nil
}

func openSQLite(path string) (*contestant, error) {
	db, err := sql.Open("sqlite", path+"?_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=busy_timeout(60000)")
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1) // it has one writer; more connections only wait in its busy loop
	if _, err := db.Exec("CREATE TABLE documents (id TEXT PRIMARY KEY, data BLOB) WITHOUT ROWID"); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	insert, err := db.Prepare("INSERT INTO documents VALUES (?, ?)")
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	commit := func(ctx context.Context, key string, value document) error {
		data, err := json.Marshal(value)
		if err != nil {
			return err
		}
		_, err = insert.ExecContext(ctx, key, data)
		return err
	}
	return &contestant{name: "SQLite", commit: commit, close: db.Close}, nil
}
