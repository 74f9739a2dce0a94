package ghtest

import (
	"fmt"
	"net/http"
	"strings"
	"sync"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"
	"github.com/scheduled-actions/scheduled/testdata"
)

// operations finds the operation of GitHub's API that a request is for.
var operations = sync.OnceValue(func() routers.Router {
	doc, err := openapi3.NewLoader().LoadFromData(testdata.OpenAPI)
	if err != nil {
		panic(fmt.Sprintf("read GitHub's OpenAPI: %v", err))
	}
	doc.Servers = openapi3.Servers{{URL: base}}
	router, err := gorillamux.NewRouter(doc)
	if err != nil {
		panic(fmt.Sprintf("route GitHub's OpenAPI: %v", err))
	}
	return router
})

// operation returns the operation of GitHub's API that r is for.
func operation(r *http.Request) (*openapi3filter.RequestValidationInput, error) {
	route, params, err := operations().FindRoute(r)
	return &openapi3filter.RequestValidationInput{Request: r, Route: route, PathParams: params}, err
}

// checkRequest checks a request against the API.
func (s *Server) checkRequest(r *http.Request) {
	op, err := operation(r)
	if err != nil {
		s.violate(r, "%v", err)
		return
	}
	if err := openapi3filter.ValidateRequest(r.Context(), op); err != nil {
		s.violate(r, "%v", err)
	}
	for name := range r.URL.Query() {
		if op.Route.Operation.Parameters.GetByInAndName(openapi3.ParameterInQuery, name) == nil {
			s.violate(r, "no parameter %q", name)
		}
	}
	s.checkHeader(r)
}

// checkHeader checks the headers that GitHub wants with every request:
// https://docs.github.com/rest/using-the-rest-api/getting-started-with-the-rest-api#headers
func (s *Server) checkHeader(r *http.Request) {
	if r.UserAgent() == "" {
		s.violate(r, "no User-Agent")
	}
	if accept := r.Header.Get("Accept"); !strings.HasPrefix(accept, "application/vnd.github") {
		s.violate(r, "Accept %q", accept)
	}
	if version := r.Header.Get("X-GitHub-Api-Version"); version != "2022-11-28" {
		s.violate(r, "X-GitHub-Api-Version %q", version)
	}
	if auth, ok := r.Header["Authorization"]; ok && !strings.HasPrefix(auth[0], "Bearer ") {
		s.violate(r, "Authorization is not Bearer")
	}
}

// checkAnswer checks an answer against the API: the fake must not lie.
func (s *Server) checkAnswer(r *http.Request, a answer) {
	op, err := operation(r)
	if err != nil {
		return // checkRequest has said so
	}
	input := &openapi3filter.ResponseValidationInput{RequestValidationInput: op, Status: a.status, Header: a.header}
	if err := openapi3filter.ValidateResponse(r.Context(), input.SetBodyBytes(a.sample)); err != nil {
		s.violate(r, "own answer: %v", err)
	}
}
