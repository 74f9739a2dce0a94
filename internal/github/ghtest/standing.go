package ghtest

import (
	"maps"
	"net/http"
)

// Standing is what the repository says about itself, beside its fixture.
type Standing struct {
	Fields   map[string]any // of the repository, in place of those of the fixture
	Settings map[string]any // of GITHUB_TOKEN; nil for a token that may not read them
}

// SetStanding replaces what the repository says about itself.
func (s *Server) SetStanding(standing Standing) { s.locked(func() { s.standing = standing }) }

func (s *Server) repository(*http.Request) answer {
	if len(s.standing.Fields) == 0 {
		return s.say(http.StatusOK, fixtures.Repository)
	}
	fields := maps.Clone(fixtures.Repository)
	for name, value := range s.standing.Fields {
		fields[name] = marshal(value)
	}
	return s.say(http.StatusOK, fields)
}

func (s *Server) workflowSettings(*http.Request) answer {
	if s.standing.Settings == nil {
		return s.refuse(http.StatusForbidden, "Resource not accessible by integration")
	}
	return s.say(http.StatusOK, s.standing.Settings)
}
