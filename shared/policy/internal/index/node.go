package index

// node is one step of a tree of predicates: the conditions below an edge have
// its predicate in common, so that one answer settles all of them.
type node struct {
	size  int     // conditions here and below
	done  []int32 // conditions all of whose predicates are on the way here
	edges []edge
}

type edge struct {
	predicate int32
	to        *node
}

// add files a condition under its predicates, ascending.
func (n *node) add(predicates []int32, number int32) {
	n.size++
	if len(predicates) == 0 {
		n.done = append(n.done, number)
		return
	}
	for _, e := range n.edges {
		if e.predicate == predicates[0] {
			e.to.add(predicates[1:], number)
			return
		}
	}
	to := new(node)
	n.edges = append(n.edges, edge{predicates[0], to})
	to.add(predicates[1:], number)
}
