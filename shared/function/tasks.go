package function

import (
	"context"
	"net/http"
	"strconv"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/task"
)

// maxTask is Cloud Tasks' limit of a body.
const maxTask = 100 << 10

type taskKey struct{}

// Tasks returns the handler of a task queue's calls. It answers 204 once
// handle returns nil; after any other answer the queue calls again.
// Source: https://cloud.google.com/tasks/docs/creating-http-target-tasks#handler
func Tasks(handle func(context.Context, task.Task) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !AllowMethod(w, r, http.MethodPost) {
			return
		}
		t, err := readTask(w, r)
		if err == nil {
			err = handle(r.Context(), t)
		}
		if err != nil {
			WriteError(w, r, err)
			return
		}
		w.WriteHeader(http.StatusNoContent)
	})
}

func readTask(w http.ResponseWriter, r *http.Request) (task.Task, error) {
	if t, ok := r.Context().Value(taskKey{}).(task.Task); ok {
		return t, nil
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxTask)
	body, err := ReadBody(r)
	if err != nil {
		return task.Task{}, err
	}
	retries, err := strconv.Atoi(r.Header.Get("X-Cloudtasks-Taskretrycount"))
	if err != nil || retries < 0 {
		retries = 0 // called by hand: the first time
	}
	return task.Task{
		Queue: r.Header.Get("X-Cloudtasks-Queuename"), Name: r.Header.Get("X-Cloudtasks-Taskname"),
		Body: body, Attempt: retries + 1,
	}, nil
}
