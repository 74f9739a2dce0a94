package migrate

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
)

// maxCombinations is how many jobs a matrix can have: "A matrix will generate a maximum of
// 256 jobs per workflow run."
// https://docs.github.com/actions/reference/limits
const maxCombinations = 256

// combination is one of a matrix.
type combination struct {
	name   string // for the job's id; "" for the only one
	values map[string]any
}

// combinations returns those of a job's matrix, or why they cannot be known.
func (w *workflow) combinations(g *ghJob) (_ []combination, why string) {
	matrix := member(g.node, "strategy", "matrix")
	if matrix == nil {
		return []combination{{}}, ""
	}
	root := g.plain(matrix)
	table, ok := root.(map[string]any)
	if !ok {
		return nil, "its values are known only in a run"
	}
	var keys []string // in the order of the file
	for _, p := range members(matrix) {
		if p.key.Value != "include" && p.key.Value != "exclude" {
			keys = append(keys, p.key.Value)
		}
	}
	if len(keys) == 0 && matrix.Kind == yaml.ScalarNode { // of fromJSON
		for k := range table {
			keys = append(keys, k)
		}
		keys = slices.DeleteFunc(keys, func(k string) bool { return k == "include" || k == "exclude" })
		slices.Sort(keys)
	}
	all := []map[string]any{{}}
	for _, k := range keys {
		list, ok := table[k].([]any)
		if !ok || len(list)*len(all) > maxCombinations {
			return nil, fmt.Sprintf("the values of %s are known only in a run, or are too many", k)
		}
		var next []map[string]any
		for _, values := range all {
			for _, v := range list {
				next = append(next, merged(values, map[string]any{k: v}))
			}
		}
		all = next
	}
	if len(keys) == 0 {
		all = nil
	}
	exclude, include := entries(table["exclude"]), entries(table["include"])
	if exclude == nil || include == nil {
		return nil, "include or exclude is known only in a run"
	}
	all = slices.DeleteFunc(all, func(values map[string]any) bool {
		return slices.ContainsFunc(exclude, func(e map[string]any) bool { return reflect.DeepEqual(merged(values, e), values) })
	})
	all, keys = included(all, keys, include, matrix)
	if len(all) == 0 || len(all) > maxCombinations {
		return nil, "it has no combination, or too many"
	}
	return namedBy(all, keys), ""
}

// entries returns a list of tables; nil for anything else.
func entries(value any) []map[string]any {
	list, ok := value.([]any)
	if !ok && value != nil {
		return nil
	}
	all := []map[string]any{}
	for _, v := range list {
		table, ok := v.(map[string]any)
		if !ok {
			return nil
		}
		all = append(all, table)
	}
	return all
}

// included adds the entries of include: to each combination whose own values an entry does
// not change, or else as one more.
// https://docs.github.com/actions/how-tos/write-workflows/choose-what-workflows-do/run-job-variations#expanding-or-adding-matrix-configurations
func included(all []map[string]any, keys []string, include []map[string]any, matrix *yaml.Node) ([]map[string]any, []string) {
	own := len(all)
	original := slices.Clone(keys)
	for i, entry := range include {
		added := false
		for n := range own {
			changes := slices.ContainsFunc(original, func(k string) bool {
				v, has := entry[k]
				return has && !reflect.DeepEqual(v, all[n][k])
			})
			if !changes {
				all[n], added = merged(all[n], entry), true
			}
		}
		if !added {
			all = append(all, entry)
		}
		var order []string
		if list := items(member(matrix, "include")); i < len(list) {
			for _, p := range members(list[i]) {
				order = append(order, p.key.Value)
			}
		}
		for _, k := range order {
			if !slices.Contains(keys, k) {
				keys = append(keys, k)
			}
		}
	}
	return all, keys
}

func merged(a, b map[string]any) map[string]any {
	all := map[string]any{}
	for _, m := range []map[string]any{a, b} {
		for k, v := range m {
			all[k] = v
		}
	}
	return all
}

// namedBy names combinations by the first of the keys that tell them apart.
func namedBy(all []map[string]any, keys []string) (list []combination) {
	names := make([]string, len(all))
	for _, k := range keys {
		distinct := map[string]bool{}
		for _, values := range all {
			distinct[valueName(values[k])] = true
		}
		if len(distinct) < 2 {
			continue
		}
		for i, values := range all {
			names[i] = strings.Trim(names[i]+"-"+valueName(values[k]), "-")
		}
		apart := map[string]bool{}
		for _, name := range names {
			apart[name] = true
		}
		if len(apart) == len(all) {
			break
		}
	}
	for i, values := range all {
		list = append(list, combination{names[i], values})
	}
	return list
}

// valueName returns a value as part of an id: of a table its name, or its first value by
// the order of its keys.
func valueName(value any) string {
	switch value := value.(type) {
	case []any:
		return ""
	case map[string]any:
		for _, k := range append([]string{"name", "id"}, slices.Sorted(maps.Keys(value))...) {
			if name := valueName(value[k]); name != "" {
				return name
			}
		}
		return ""
	}
	return identifier(known(value).text())
}

// plain returns a node as a value, with expressions that are known.
func (g *ghJob) plain(n *yaml.Node) any {
	switch n.Kind {
	case yaml.MappingNode:
		table := map[string]any{}
		for _, p := range members(n) {
			table[p.key.Value] = g.plain(p.value)
		}
		return table
	case yaml.SequenceNode:
		list := []any{}
		for _, item := range n.Content {
			list = append(list, g.plain(item))
		}
		return list
	}
	if list := parts(n.Value); len(list) == 1 && list[0].is {
		if v := g.value(list[0].expr); v.known {
			return v.value
		} else if in := v.input(); in != nil {
			return fromJSON(in.fallback).value
		}
		return n.Value
	}
	switch n.Tag {
	case "!!null":
		return nil
	case "!!bool":
		return n.Value == "true" || n.Value == "True" || n.Value == "TRUE"
	case "!!int", "!!float":
		if f, err := strconv.ParseFloat(n.Value, 64); err == nil {
			return f
		}
	}
	return n.Value
}
