// Package firestore is the store in the cloud: documents are native Firestore
// maps, so that the console, exports and BigQuery read them as they are.
//
// Where Firestore differs from JSON: a top-level field named *_at is a
// timestamp, kept to the microsecond; a list directly inside a list, which
// Firestore refuses, is kept as a map with the one key "[]"; a write that
// changes nothing leaves the version as it is.
package firestore

import (
	"context"
	"errors"
	"fmt"

	"cloud.google.com/go/firestore"
	"google.golang.org/api/option"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store/internal/rule"
)

// attempts is how often a transaction is run before it is given up.
const attempts = 50

// Options tune New.
type Options struct {
	Database string       // "" means "(default)"
	Schema   store.Schema // queries that it does not serve are refused before Firestore does
	Client   []option.ClientOption
}

// Store is a store.Store on one Firestore database.
type Store struct {
	client *firestore.Client
	schema store.Schema
}

var _ store.Store = (*Store)(nil)

// New connects to the project's database, or to the emulator that
// FIRESTORE_EMULATOR_HOST names.
func New(ctx context.Context, project string, o Options) (*Store, error) {
	database := o.Database
	if database == "" {
		database = firestore.DefaultDatabaseID
	}
	client, err := firestore.NewClientWithDatabase(ctx, project, database, o.Client...)
	if err != nil {
		return nil, fmt.Errorf("connect to Firestore of %s: %w", project, err)
	}
	return &Store{client: client, schema: o.Schema}, nil
}

// Close implements store.Store.
func (s *Store) Close() error { return s.client.Close() }

// ref returns the reference of k, or why k is no key.
func (s *Store) ref(k store.Key) (*firestore.DocumentRef, error) {
	if err := rule.Key(k); err != nil {
		return nil, err
	}
	c := s.client.Collection(k.Collection)
	if c == nil {
		return nil, fault.New(fault.Invalid, "%q is no collection", k.Collection)
	}
	return c.Doc(k.ID), nil
}

// Get implements store.Reader.
func (s *Store) Get(ctx context.Context, k store.Key) (store.Document, error) {
	ref, err := s.ref(k)
	if err != nil {
		return store.Document{}, err
	}
	snap, err := ref.Get(ctx)
	if err != nil {
		return store.Document{}, fmt.Errorf("read %s: %w", k, kind(ctx, err))
	}
	return document(k.Collection, snap)
}

// Query implements store.Reader.
func (s *Store) Query(ctx context.Context, q store.Query) (store.Page, error) {
	query, limit, err := s.query(q)
	if err != nil {
		return store.Page{}, fmt.Errorf("query %s: %w", q.Collection, err)
	}
	return page(ctx, q, limit, query.Limit(limit+1).Documents(ctx))
}

// kind turns a status of Firestore into an error of the port.
func kind(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return errors.Join(ctx.Err(), err)
	}
	switch status.Code(err) {
	case codes.NotFound:
		return fmt.Errorf("%w: %w", store.ErrNotFound, err)
	case codes.AlreadyExists:
		return fmt.Errorf("%w: %w", store.ErrExists, err)
	case codes.Aborted:
		return fault.Wrap(fault.Unavailable, fmt.Errorf("%w: %w", store.ErrConflict, err), "too many writers of one document; try again")
	case codes.InvalidArgument:
		return fault.Wrap(fault.Invalid, err, "Firestore refuses the document or query")
	case codes.Unavailable, codes.DeadlineExceeded, codes.ResourceExhausted, codes.Internal:
		return fault.Wrap(fault.Unavailable, err, "Firestore does not answer now; try again")
	case codes.PermissionDenied, codes.Unauthenticated:
		return fault.Wrap(fault.Internal, err, "this function may not use the database; the log has the cause")
	default:
		return err
	}
}
