package index

import "github.com/InfinityXOneSystems/infinity-matrix/shared/policy/internal/condition"

// node is one step of a tree of predicates: the conditions below an edge have
// its predicate in common, so that one answer settles all of them.
type node struct {
	size  int     // conditions here and below
	done  []int32 // conditions all of whose predicates are on the way here
	edges []edge
}

type edge struct {
	step
	to *node
}

// step is a predicate that has to hold. The letters that its subject needs are
// here, so that most edges are passed over without looking anywhere else.
type step struct {
	need      condition.Letters
	subject   int32
	predicate int32
}

// add files a condition under its predicates, in their order.
func (n *node) add(steps []step, number int32) {
	n.size++
	if len(steps) == 0 {
		n.done = append(n.done, number)
		return
	}
	for _, e := range n.edges {
		if e.predicate == steps[0].predicate {
			e.to.add(steps[1:], number)
			return
		}
	}
	to := new(node)
	n.edges = append(n.edges, edge{steps[0], to})
	to.add(steps[1:], number)
}
