package local

import (
	"context"
	"fmt"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/audit/transparency"
)

// sealLast puts into the audit log what was recorded since it was last sealed.
// While nothing runs, somebody with access to the folder could take out of it
// unseen whatever is not sealed.
func (h *host) sealLast(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	versions, err := h.Secrets.Versions(ctx, secretLogKey)
	if err != nil {
		return fmt.Errorf("read the audit log's key: %w", err)
	}
	signer, key, err := transparency.ParseKey(string(versions[0].Value))
	if err != nil {
		return err
	}
	log := transparency.Log{Store: h.Store, Blobs: h.Blobs, Clock: h.Clock, Signer: signer, Key: key}
	if _, err := log.Seal(ctx); err != nil {
		return fmt.Errorf("seal the audit log: %w", err)
	}
	return nil
}
