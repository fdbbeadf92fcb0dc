package github_test

import (
	"net/http"
	"testing"

	"github.com/InfinityXOneSystems/infinity-matrix/emulators/github/openapi"
)

// checked fails t on what is not as GitHub describes its API.
func checked(t *testing.T, h http.Handler) http.Handler {
	t.Helper()
	return openapi.Handler(t, h)
}
