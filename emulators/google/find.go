package google

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// find returns the emulator's jar and the java that runs it.
func find(p program) (java, jar string, err error) {
	java, err = exec.LookPath("java")
	if err != nil {
		return "", "", fmt.Errorf("%s: java is %w", p.name, ErrNotInstalled)
	}
	for _, root := range roots() {
		found, err := filepath.Glob(filepath.Join(root, p.jar))
		if err == nil && len(found) > 0 {
			return java, found[len(found)-1], nil
		}
	}
	return "", "", fmt.Errorf("%s is %w; run: gcloud components install %s", p.name, ErrNotInstalled, p.name)
}

// roots lists where the SDK may be: where its variable says, where the gcloud
// on the path is, and where its installers put it.
func roots() []string {
	var list []string
	if root := os.Getenv("CLOUDSDK_ROOT_DIR"); root != "" {
		list = append(list, root)
	}
	if gcloud, err := exec.LookPath("gcloud"); err == nil {
		if target, err := filepath.EvalSymlinks(gcloud); err == nil {
			list = append(list, filepath.Dir(filepath.Dir(target)))
		}
	}
	if home, err := os.UserHomeDir(); err == nil {
		list = append(list, filepath.Join(home, "google-cloud-sdk"))
	}
	return append(list, "/usr/lib/google-cloud-sdk", "/usr/share/google-cloud-sdk", "/opt/google-cloud-sdk", "/snap/google-cloud-cli/current")
}
