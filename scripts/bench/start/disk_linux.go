package main

import (
	"io/fs"
	"syscall"
)

// onDisk returns the bytes that a file occupies, as du counts them.
func onDisk(info fs.FileInfo) int64 {
	if s, ok := info.Sys().(*syscall.Stat_t); ok {
		return s.Blocks * 512
	}
	return info.Size()
}
