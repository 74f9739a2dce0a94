package pyproject

import (
	"maps"
	"slices"
	"strconv"

	"github.com/scheduled-actions/scheduled/internal/problem"
)

// scopes are the permissions of a token and what each can be, apart from none.
// https://docs.github.com/actions/reference/workflows-and-actions/workflow-syntax#permissions
var scopes = map[string][]string{
	"actions": {"read", "write"}, "artifact-metadata": {"read", "write"}, "attestations": {"read", "write"},
	"checks": {"read", "write"}, "contents": {"read", "write"}, "deployments": {"read", "write"},
	"discussions": {"read", "write"}, "id-token": {"write"}, "issues": {"read", "write"}, "models": {"read"},
	"packages": {"read", "write"}, "pages": {"read", "write"}, "pull-requests": {"read", "write"},
	"repository-projects": {"read", "write"}, "security-events": {"read", "write"}, "statuses": {"read", "write"},
}

// none removes a permission of the project from a job.
const none = "none"

// permissions reads permissions of the job's token, sorted by scope.
func (r *reader) permissions(e *entry) []Pair {
	var permissions []Pair
	for _, key := range r.members(e, `{ issues = "write" }`) {
		allowed, known := scopes[key.name]
		if !known {
			r.unknown(key, "permission", e.name, slices.Sorted(maps.Keys(scopes)))
			continue
		}
		s, flawed := parseText(key.value)
		switch {
		case !r.valid(key, "a string", flawed, exampleHint(key.name, strconv.Quote(allowed[0]))):
		case s == none && (key.name == "contents" || key.name == "actions"):
			r.report(key.at, "remove it", "%s cannot be none: every job reads its code and its history", key.name)
		case s != none && !slices.Contains(allowed, s):
			r.report(key.at, "write "+key.name+" = "+quotedList(allowed), "%s is %s; it must be %s", key.name, problem.Quote(s), quotedList(append(allowed[:len(allowed):len(allowed)], none)))
		default:
			permissions = append(permissions, Pair{key.name, s})
		}
	}
	slices.SortFunc(permissions, byName)
	return permissions
}

// granted returns permissions, overridden by those of a job.
func granted(permissions, job []Pair) []Pair {
	return slices.DeleteFunc(Over(permissions, job), func(p Pair) bool { return p.Value == none })
}
