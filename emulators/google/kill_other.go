//go:build !linux

package google

import (
	"errors"
	"os"
	"os/exec"
)

func bind(*exec.Cmd) {}

func kill(cmd *exec.Cmd) error {
	err := cmd.Process.Kill()
	if errors.Is(err, os.ErrProcessDone) {
		return nil
	}
	return err
}
