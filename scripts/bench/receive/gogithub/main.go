// Command gogithub is the receiver that go-github documents: ValidatePayload,
// ParseWebHook, 200. It stores nothing.
package main

import (
	"log"
	"net/http"
	"os"
	"time"

	"github.com/google/go-github/v66/github"
)

func main() {
	key := []byte(os.Getenv("SECRET"))
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := github.ValidatePayload(r, key)
		if err != nil {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		if _, err := github.ParseWebHook(github.WebHookType(r), body); err != nil {
			w.WriteHeader(http.StatusBadRequest)
		}
	})
	server := &http.Server{Addr: "127.0.0.1:" + os.Getenv("PORT"), Handler: handler, ReadHeaderTimeout: 5 * time.Second}
	log.Fatal(server.ListenAndServe())
}
