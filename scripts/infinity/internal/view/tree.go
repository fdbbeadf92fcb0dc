package view

import "strings"

// Tree is a node with what hangs below it.
type Tree struct {
	Text     string
	Children []Tree
}

// Draw returns the tree's lines, the root's first.
func (t Tree) Draw() string {
	var b strings.Builder
	t.draw(&b, "", "")
	return b.String()
}

func (t Tree) draw(b *strings.Builder, first, rest string) {
	b.WriteString(first + t.Text + "\n")
	for i, child := range t.Children {
		if i == len(t.Children)-1 {
			child.draw(b, rest+"└─ ", rest+"   ")
		} else {
			child.draw(b, rest+"├─ ", rest+"│  ")
		}
	}
}
