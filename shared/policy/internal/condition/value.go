package condition

import (
	"fmt"
	"reflect"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"google.golang.org/protobuf/types/known/structpb"
)

// Expression is an expression that gives a value, for an action's argument.
type Expression struct{ prg cel.Program }

// Expression plans the checked expression as a value.
func (k *Checked) Expression() (*Expression, error) {
	prg, err := k.Program()
	return &Expression{prg}, err
}

// Value returns the value as JSON has it.
func (x *Expression) Value(f *Facts) (any, error) {
	v, _, err := x.prg.Eval(f)
	if err != nil {
		return nil, err //nolint:wrapcheck // CEL's sentence is the answer
	}
	switch v := v.(type) {
	case types.Null:
		return nil, nil //nolint:nilnil // null is a value
	case types.String, types.Int, types.Bool, types.Double:
		return v.Value(), nil
	}
	j, err := v.ConvertToNative(reflect.TypeFor[*structpb.Value]())
	if err != nil {
		return nil, fmt.Errorf("the value cannot be written as JSON: %w", err)
	}
	return j.(*structpb.Value).AsInterface(), nil //nolint:forcetypeassert // asked for above
}
