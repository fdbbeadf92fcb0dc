package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/scripts/infinity/internal/view"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/audit"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/audit/verify"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/function"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/retention"
)

type auditCmd struct {
	List   auditListCmd   `cmd:"" default:"withargs" help:"List audit records, the newest first. It also works while the platform is stopped."`
	Verify auditVerifyCmd `cmd:"" help:"Hold the log against its signed checkpoint and every record against the log. It also works while the platform is stopped."`
	Prove  auditProveCmd  `cmd:"" help:"Write a proof that a record is in the log, which stands by itself."`
	Erase  auditEraseCmd  `cmd:"" help:"Erase a person from what the platform keeps, at their request; the log stays verifiable."`
	Export auditExportCmd `cmd:"" help:"Print every record as a line of JSON, in the order of the log."`
}

type auditVerifyCmd struct {
	Proof  string `help:"Verify this proof instead; nothing but the file and the log's key is needed." placeholder:"FILE"`
	LogKey string `help:"Key that the log must have, as another look printed it. Without it: that of the last look from here." placeholder:"KEY"`
	Forget bool   `help:"Forget what the last look from here saw, as after starting on a new data folder."`
	JSON   bool   `help:"Print the report as JSON." name:"json"`
}

// Run verifies.
func (c *auditVerifyCmd) Run(ctx context.Context, a *app) error {
	memory := a.remembered()
	seen, err := memory.read()
	if err != nil || c.Forget {
		if !c.Forget {
			return err
		}
		seen = verify.Seen{}
	}
	if c.LogKey != "" && c.LogKey != seen.Key {
		seen = verify.Seen{Key: c.LogKey}
	}
	if c.Proof != "" {
		return c.proof(a, seen.Key)
	}
	report, err := a.verify(ctx, seen)
	if err != nil {
		return stopped(err)
	}
	if err := memory.write(report.Remembered); err != nil {
		return err
	}
	if c.JSON {
		err = a.jsonLine(report)
	} else {
		err = a.audited(report, seen)
	}
	if err == nil && !report.Whole() {
		err = errSaid
	}
	return err
}

// verify verifies the log that the flags name.
func (a *app) verify(ctx context.Context, seen verify.Seen) (verify.Report, error) {
	kept, err := retentionOf(ctx)
	if err != nil {
		return verify.Report{}, err
	}
	src, done, err := a.auditSource(ctx)
	if err != nil {
		return verify.Report{}, err
	}
	defer func() { _ = done() }()
	now, line := a.clock.Now(), newProgressLine(a.stderr)
	report, err := verify.Log(ctx, src, verify.Options{
		Seen: seen, Now: now, Expired: func(l audit.Leaf) bool { return kept.Expired(l, now) },
		Progress: func(done, total int64) {
			line.show(fmt.Sprintf("verified %d of %d records, %d%%; Ctrl-C stops", done, total, 100*done/max(total, 1)))
		},
	})
	line.clear()
	if err != nil && (report.Verified > 0 || !report.Whole()) {
		_, _ = fmt.Fprintf(a.stderr, "%d of %d records were verified, and %s found\n", report.Verified, report.Size, counted(len(report.Damages), "damage", "damages"))
	}
	return report, err
}

// retentionOf is how long this auditor wants records to be kept, whatever the
// platform was told: by the environment, as sweep reads it.
func retentionOf(ctx context.Context) (retention.Config, error) {
	var c retention.Config
	return c, function.Configure(ctx, function.Platform{Env: function.OS()}, &c)
}

// audited prints a report.
func (a *app) audited(r verify.Report, seen verify.Seen) error {
	now := a.clock.Now()
	if r.Whole() {
		since := "; this was the first look from here"
		if seen.Checkpoint != "" {
			since = ", and goes on from the last look"
		}
		sealed := "nothing is sealed yet"
		if r.Size > 0 {
			sealed = fmt.Sprintf("%s ago", view.Age(now, r.SealedAt))
		}
		waits := "No record waits to be sealed"
		if r.Unsealed > 0 {
			waits = counted(int(r.Unsealed), "newer record", "newer records") + " not sealed yet, so that nothing shows what is done to them"
		}
		return a.printf("The log is whole: %s under root %s, sealed %s%s.\n%s; %d were erased, %d expired.\nKey: %s\n",
			counted(int(r.Size), "record", "records"), r.Root, sealed, since, waits, r.Erased, r.Expired, r.Remembered.Key)
	}
	for _, d := range r.Damages {
		if err := a.printf("%s  %s\n", a.paint.State("failed"), string(d.Kind)+": "+view.Clean(d.Text)); err != nil {
			return err
		}
	}
	if r.More > 0 {
		if err := a.printf("and %d more\n", r.More); err != nil {
			return err
		}
	}
	return a.printf("The log is NOT whole: %s in %s. docs/playbooks/audit.md says what to do.\n",
		counted(len(r.Damages)+r.More, "damage", "damages"), counted(int(r.Size), "record", "records"))
}

func (c *auditVerifyCmd) proof(a *app, key string) error {
	if key == "" {
		return usageError{fmt.Errorf("--log-key is needed: nobody has looked at the log from here yet")}
	}
	text, err := os.ReadFile(c.Proof)
	if err != nil {
		return fault.Wrap(fault.NotFound, err, "%s cannot be read", c.Proof)
	}
	leaf, checkpoint, err := verify.CheckProof(text, key)
	if err != nil {
		return err
	}
	return a.printf("Proved: record %s, %s of %s at %s, is in the log of %d records under root %s.\n",
		leaf.ID, leaf.Verb, view.Clean(leaf.Subject), leaf.At.Format(time.RFC3339), checkpoint.Size, checkpoint.Root)
}

type auditProveCmd struct {
	Record string `arg:"" help:"Id of the record, as audit --json prints it."`
	Out    string `short:"o" help:"File to write; standard output if it is left out." placeholder:"FILE"`
}

// Run proves.
func (c *auditProveCmd) Run(ctx context.Context, a *app) error {
	src, done, err := a.auditSource(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = done() }()
	var found *audit.Record
	err = src.Records(ctx, func(f verify.Found) error {
		if f.ID != c.Record {
			return nil
		}
		r, err := f.Record()
		if err == nil {
			found, err = &r, io.EOF
		}
		return err
	})
	if found == nil {
		if err == nil {
			err = fault.New(fault.NotFound, "there is no audit record %q", c.Record)
		}
		return stopped(err)
	}
	proof, err := verify.Prove(ctx, src, *found)
	if err != nil {
		return err
	}
	if c.Out == "" {
		return a.printf("%s", proof)
	}
	if err := os.WriteFile(c.Out, proof, 0o600); err != nil {
		return fault.Wrap(fault.Unavailable, err, "%s cannot be written", c.Out)
	}
	return a.printf("Written: %s. Verify it with `%s audit verify --proof %s`.\n", c.Out, a.typed, c.Out)
}

type auditExportCmd struct {
	Since string `help:"Only records of this long, or since this time: 2h, 3d, 2026-01-31T12:00:00Z."`
}

// Run exports.
func (c *auditExportCmd) Run(ctx context.Context, a *app) error {
	var from time.Time
	if c.Since != "" {
		var err error
		if from, err = since(a.clock.Now(), c.Since); err != nil {
			return err
		}
	}
	src, done, err := a.auditSource(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = done() }()
	out := json.NewEncoder(a.stdout)
	return stopped(src.Records(ctx, func(f verify.Found) error {
		r, err := f.Record()
		if err != nil || r.At.Before(from) {
			return err
		}
		return out.Encode(r)
	}))
}
