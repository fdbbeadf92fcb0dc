package blob

// DefaultLimit is how many infos List returns when limit is zero or less.
const DefaultLimit = 1000

// Page cuts sorted infos to limit and returns the cursor after them, "" when
// nothing follows. Drivers share it.
func Page(infos []Info, limit int) ([]Info, string, error) {
	if limit <= 0 {
		limit = DefaultLimit
	}
	if len(infos) <= limit {
		return infos, "", nil
	}
	return infos[:limit], infos[limit-1].Key, nil
}
