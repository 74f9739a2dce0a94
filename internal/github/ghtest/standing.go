package ghtest

import (
	"maps"
	"net/http"
)

// Standing is what the repository says about itself, beside its fixture.
type Standing struct {
	Fields   map[string]any // of the repository, in place of those of the fixture
	Settings map[string]any // of GITHUB_TOKEN; nil for a token that may not read them
	Pages    map[string]any // of its site, in place of those of one that is public; nil for none
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

// pages answers with the site, which GitHub hides from a token without the right to read it.
func (s *Server) pages(r *http.Request) answer {
	if s.standing.Pages == nil {
		return s.elsewhere(r)
	}
	site := map[string]any{"url": s.URL + "/repos/" + Repository + "/pages", "html_url": "https://octo.github.io/app/",
		"status": nil, "cname": nil, "custom_404": false, "public": true, "build_type": "workflow"}
	maps.Copy(site, s.standing.Pages)
	return s.say(http.StatusOK, site)
}

func (s *Server) workflowSettings(*http.Request) answer {
	if s.standing.Settings == nil {
		return s.refuse(http.StatusForbidden, "Resource not accessible by integration")
	}
	return s.say(http.StatusOK, s.standing.Settings)
}
