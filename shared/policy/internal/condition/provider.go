package condition

import (
	"fmt"
	"maps"
	"slices"
	"strconv"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"google.golang.org/protobuf/types/known/structpb"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/policy/internal/webhook"
)

// metaType is the CEL type of the envelope.
const metaType = "meta"

var metaFields = map[string]*types.Type{
	"id": types.StringType, "type": types.StringType, "source": types.StringType, "subject": types.StringType,
	"repository": types.StringType, "installation": types.IntType, "time": types.TimestampType,
	"hop": types.IntType, "author": types.StringType,
}

// provider gives CEL the static types of events. It also says what absence
// means (docs/adr/0004): a field of an absent object is absent, an absent
// list is empty, an absent scalar is null.
type provider struct {
	*types.Registry
	objects map[string]map[string]*types.FieldType
}

func newProvider(c *webhook.Catalogue) (*provider, error) {
	registry, err := types.NewRegistry()
	if err != nil {
		return nil, fmt.Errorf("make CEL's types: %w", err)
	}
	p := &provider{Registry: registry, objects: make(map[string]map[string]*types.FieldType, len(c.Objects)+1)}
	for _, o := range c.Objects {
		fields := make(map[string]*types.FieldType, len(o.Fields))
		for name, t := range o.Fields {
			fields[name] = field(name, celType(c, t))
		}
		p.objects[o.Name] = fields
	}
	meta := make(map[string]*types.FieldType, len(metaFields))
	for name, t := range metaFields {
		meta[name] = field(name, t)
	}
	p.objects[metaType] = meta
	return p, nil
}

func celType(c *webhook.Catalogue, t string) *types.Type {
	switch t[0] {
	case 's':
		return types.NewNullableType(types.StringType)
	case 'i':
		return types.NewNullableType(types.IntType)
	case 'd':
		return types.NewNullableType(types.DoubleType)
	case 'b':
		return types.NewNullableType(types.BoolType)
	case 'm':
		return types.NewMapType(types.StringType, types.DynType)
	case 'l':
		return types.NewListType(celType(c, t[1:]))
	case 'o':
		if i, err := strconv.Atoi(t[1:]); err == nil {
			return types.NewObjectType(c.Objects[i].Name)
		}
	}
	return types.DynType
}

func field(name string, t *types.Type) *types.FieldType {
	return &types.FieldType{
		Type: t,
		IsSet: func(target any) bool {
			m, ok := target.(map[string]any)
			return ok && m[name] != nil
		},
		GetFrom: func(target any) (any, error) {
			v, ok := member(target, name)
			if !ok {
				return nil, fmt.Errorf("no such field: %s: its parent is no object in this event", name)
			}
			if v == nil {
				return absent(t), nil
			}
			return v, nil
		},
	}
}

// absent is what an absent field of type t reads as.
func absent(t *types.Type) any {
	switch t.Kind() {
	case types.ListKind:
		return []any{}
	case types.MapKind:
		return map[string]any{}
	}
	return nil
}

// member returns a member of an object; of an absent object it is absent. It
// is not ok if target is no object.
func member(target any, name string) (any, bool) {
	switch t := target.(type) {
	case map[string]any:
		return t[name], true
	case nil, structpb.NullValue:
		return nil, true
	}
	return nil, false
}

// FindStructType implements types.Provider.
func (p *provider) FindStructType(name string) (*types.Type, bool) {
	if _, ok := p.objects[name]; ok {
		return types.NewTypeTypeWithParam(types.NewObjectType(name)), true
	}
	return p.Registry.FindStructType(name)
}

// FindStructFieldNames implements types.Provider.
func (p *provider) FindStructFieldNames(name string) ([]string, bool) {
	if fields, ok := p.objects[name]; ok {
		return slices.Sorted(maps.Keys(fields)), true
	}
	return p.Registry.FindStructFieldNames(name)
}

// FindStructFieldType implements types.Provider.
func (p *provider) FindStructFieldType(name, fieldName string) (*types.FieldType, bool) {
	if fields, ok := p.objects[name]; ok {
		f, ok := fields[fieldName]
		return f, ok
	}
	return p.Registry.FindStructFieldType(name, fieldName)
}

// NewValue implements types.Provider: conditions make no events.
func (p *provider) NewValue(name string, fields map[string]ref.Val) ref.Val {
	if _, ok := p.objects[name]; ok {
		return types.NewErr("a condition cannot make a value of type %s", name)
	}
	return p.Registry.NewValue(name, fields)
}
