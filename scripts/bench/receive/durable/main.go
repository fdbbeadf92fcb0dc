// Command durable is what any receiver pays that stores before it answers:
// net/http, one HMAC, and the body on disk by one fsync for all that wait. It
// parses nothing and could not find a body again.
package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"log"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"
)

// size is that of the log, written whole before the first request, as a
// database's used log is: a file that grows costs twice as much.
const size = 32 << 20

type request struct {
	body []byte
	done chan error
}

func main() {
	if err := run(); err != nil {
		log.Fatal(err)
	}
}

func run() error {
	key := []byte(os.Getenv("SECRET"))
	file, err := os.Create(filepath.Join(os.Getenv("INFINITY_DATA"), "durable.log"))
	if err != nil {
		return err
	}
	if _, err := file.Write(make([]byte, size)); err != nil {
		return err
	}
	requests := make(chan *request, 1024)
	go write(file, requests)
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		m := hmac.New(sha256.New, key)
		m.Write(body)
		if err != nil || !hmac.Equal([]byte("sha256="+hex.EncodeToString(m.Sum(nil))), []byte(r.Header.Get("X-Hub-Signature-256"))) {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		q := &request{body, make(chan error, 1)}
		requests <- q
		if <-q.done != nil {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		w.WriteHeader(http.StatusAccepted)
	})
	server := &http.Server{Addr: "127.0.0.1:" + os.Getenv("PORT"), Handler: handler, ReadHeaderTimeout: 5 * time.Second}
	return server.ListenAndServe()
}

// write writes what waits and syncs it, round and round in the file.
func write(file *os.File, requests <-chan *request) {
	var at int64
	for first := range requests {
		group := []*request{first}
		for len(requests) > 0 {
			group = append(group, <-requests)
		}
		var failure error
		for _, r := range group {
			if at+int64(len(r.body)) > size {
				at = 0
			}
			n, err := file.WriteAt(r.body, at)
			if err != nil {
				failure = err
			}
			at += int64(n)
		}
		if err := unix.Fdatasync(int(file.Fd())); err != nil {
			failure = err
		}
		for _, r := range group {
			r.done <- failure
		}
	}
}
