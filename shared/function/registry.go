package function

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"sync"

	"github.com/GoogleCloudPlatform/functions-framework-go/functions"
)

// registry is filled by the functions' init and only read afterwards.
var registry = map[string]Constructor{}

// Register makes a function known under name, the manifest's key: one line in
// its package's init. Its handlers come with the harness around them. It is
// registered with functions-framework-go too, where the handler is built from
// the environment at the first request. Registering twice panics.
func Register(name string, c Constructor) {
	if _, ok := registry[name]; ok {
		panic(fmt.Sprintf("function %s is registered twice", name))
	}
	harnessed := func(ctx context.Context, p Platform) (http.Handler, error) {
		h, err := c(ctx, p)
		if err != nil {
			return nil, fmt.Errorf("build the function %s: %w", name, err)
		}
		return Harness(h, p.Log), nil
	}
	registry[name] = harnessed
	functions.HTTP(name, lazy(harnessed))
}

// Registered returns the names of all functions, sorted.
func Registered() []string { return slices.Sorted(maps.Keys(registry)) }

// Lookup returns the constructor of the function name. The handlers it builds
// have the harness around them.
func Lookup(name string) (Constructor, bool) {
	c, ok := registry[name]
	return c, ok
}

// lazy builds the handler when it is first called, since the cloud starts
// instances that never get a request. A failure is tried again at the next.
func lazy(c Constructor) http.HandlerFunc {
	var mu sync.Mutex
	var built http.Handler
	get := func(r *http.Request) (http.Handler, error) {
		mu.Lock()
		defer mu.Unlock()
		if built != nil {
			return built, nil
		}
		p, err := Open(context.WithoutCancel(r.Context()), OS())
		if err != nil {
			return nil, err
		}
		built, err = c(context.WithoutCancel(r.Context()), p)
		return built, err
	}
	return func(w http.ResponseWriter, r *http.Request) {
		h, err := get(r)
		if err != nil {
			WriteError(w, r, err)
			return
		}
		h.ServeHTTP(w, r)
	}
}
