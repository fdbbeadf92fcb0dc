// Package google starts Google's own Firestore and Pub/Sub emulators, as
// children on loopback, for the tests of the cloud drivers and for
// `infinity up --emulators`. It is no fake: the programs come with the gcloud
// SDK (`gcloud components install cloud-firestore-emulator pubsub-emulator`).
package google

import (
	"context"
	"errors"
	"path/filepath"
)

// ErrNotInstalled says that an emulator, or the Java it needs, is not on this
// machine; the error that wraps it says in one line what is missing.
var ErrNotInstalled = errors.New("not installed")

// StartFirestore starts the Firestore emulator and returns when it answers.
// Clients find it by FIRESTORE_EMULATOR_HOST=Addr.
func StartFirestore(ctx context.Context) (*Emulator, error) {
	return start(ctx, program{
		name: "cloud-firestore-emulator",
		jar:  filepath.Join("platform", "cloud-firestore-emulator", "cloud-firestore-emulator.jar"),
		args: func(jar string) []string {
			return []string{
				"-Duser.language=en", "-cp", jar,
				"com.google.cloud.datastore.emulator.firestore.CloudFirestore", "start",
			}
		},
	})
}

// StartPubSub starts the Pub/Sub emulator and returns when it answers. Clients
// find it by PUBSUB_EMULATOR_HOST=Addr.
func StartPubSub(ctx context.Context) (*Emulator, error) {
	return start(ctx, program{
		name: "pubsub-emulator",
		jar:  filepath.Join("platform", "pubsub-emulator", "lib", "cloud-pubsub-emulator-*-all.jar"),
		args: func(jar string) []string { return []string{"-jar", jar} },
	})
}
