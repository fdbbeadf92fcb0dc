package autonomy

import (
	"crypto/sha256"
	"encoding/hex"
	"path"
	"strings"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/rate"
)

// Matrix is what autonomy.yaml says. It is safe for concurrent use; callers
// must not change it.
type Matrix struct {
	Capabilities map[string]Capability // by name; one that is absent permits nothing
	Authors      map[Trust]string      // the highest level that events of such an author lead to
	digest       string
}

// Capability is how far the platform is trusted with one capability.
type Capability struct {
	Level        string
	Actions      []string         // globs; an empty list permits nothing
	Repositories []string         // globs of "owner/name"; an empty list permits nothing
	Limits       Limits           //
	Authors      map[Trust]string // instead of the matrix's, where given
}

// Limits are hard: nobody's approval lifts them. Each counts executions of the
// capability that were begun. Nil and 0 are no limit.
type Limits struct {
	PerResource     *rate.Rate
	PerPolicy       *rate.Rate
	PerRepository   *rate.Rate
	PerInstallation *rate.Rate
	Removals        *rate.Rate // of actions that take something away
	Share           int        // percent of the resources, see ShareGate
}

// Digest returns the hex SHA-256 of the matrix in its canonical form.
func (m *Matrix) Digest() string { return m.digest }

func digest(canonical []byte) string {
	sum := sha256.Sum256(canonical)
	return hex.EncodeToString(sum[:])
}

// permits says whether one of the globs matches name. A glob's * stands for
// any characters but a slash.
func permits(globs []string, name string) bool {
	for _, g := range globs {
		if ok, err := path.Match(strings.ToLower(g), strings.ToLower(name)); ok && err == nil {
			return true
		}
	}
	return false
}
