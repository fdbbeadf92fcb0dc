package policy

import "github.com/InfinityXOneSystems/infinity-matrix/shared/rate"

// Rate is N times in a length of time, written "2/1h".
type Rate = rate.Rate

// limits finds what is wrong with the policy's limits.
func (b *adding) limits() {
	b.rate("per_resource", b.src.Limits.PerResource)
	b.rate("total", b.src.Limits.Total)
}

func (b *adding) rate(name string, r *Rate) {
	if r == nil {
		return
	}
	if message, hint := r.Mistake(); message != "" {
		b.find([]string{"limits", name}, 1, 1, name+": "+message, hint)
	}
}
