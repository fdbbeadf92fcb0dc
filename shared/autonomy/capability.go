package autonomy

// Capabilities are what the platform can be trusted with, each by itself. A
// policy works for one of them.
var Capabilities = []string{
	"backup-and-recovery", "capacity-planning", "chaos-engineering", "cost-optimization", "data-synchronization",
	"error-detection", "error-recovery", "performance-optimization", "resource-scaling", "security-patching",
}
