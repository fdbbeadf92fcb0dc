// Package sim runs the whole platform in one process under a seed: the real
// functions, built by their registered constructors, on the memory drivers and
// the fake GitHub, while a scheduler lets one of them at a time go on and
// decides at every call of a port who is next and what goes wrong. The same
// seed gives the same run, step by step. It looks at the platform from the
// outside only and decides nothing for it; it is for tests, never for use.
//
// Everything of one World lives in one bubble of testing/synctest, whose clock
// is the virtual clock: it also moves the deadlines of contexts and the expiry
// of tokens, which read the machine's clock and no clock.Clock (docs/adr/0015).
package sim
