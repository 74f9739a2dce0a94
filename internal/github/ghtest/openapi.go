package ghtest

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"net/http"
	"strconv"
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
	for _, end := range []string{
		"git/ref/{ref}", "git/refs/{ref}", "git/matching-refs/{ref}", "compare/{basehead}",
		"branches/{branch}", "commits/{ref}", "contents/{path}",
	} {
		widen(doc.Paths, "/repos/{owner}/{repo}/"+end)
	}
	router, err := gorillamux.NewRouter(doc)
	if err != nil {
		panic(fmt.Sprintf("route GitHub's OpenAPI: %v", err))
	}
	return router
})

// widen allows slashes in the last parameter of a path. GitHub does, and OpenAPI
// cannot say so.
func widen(paths *openapi3.Paths, path string) {
	item := paths.Value(path)
	paths.Delete(path)
	paths.Set(strings.TrimSuffix(path, "}")+":.+}", item)
}

// operation returns the operation of GitHub's API that r is for.
func operation(r *http.Request) (*openapi3filter.RequestValidationInput, error) {
	route, params, err := operations().FindRoute(r)
	return &openapi3filter.RequestValidationInput{
		Request: r, Route: route, PathParams: params,
		Options: &openapi3filter.Options{SkipSettingDefaults: true},
	}, err
}

// checked has the results of checks of requests and answers. Tests send most of them
// again and again, and the check takes the longest.
var checked sync.Map // of []string, by SHA-256

// once returns the result of check, which it calls once for the same parts.
func once(check func() []string, parts ...string) []string {
	hash := sha256.New()
	for _, part := range parts {
		fmt.Fprintf(hash, "%d ", len(part))
		_, _ = io.WriteString(hash, part)
	}
	key := [sha256.Size]byte(hash.Sum(nil))
	found, ok := checked.Load(key)
	if !ok {
		found, _ = checked.LoadOrStore(key, check())
	}
	return found.([]string)
}

// checkRequest returns the mismatches of a request with the API.
func checkRequest(r *http.Request, body []byte) []string {
	parts := []string{r.Method, r.URL.String(), string(body)}
	for _, name := range []string{"User-Agent", "Accept", "X-GitHub-Api-Version", "Authorization", "Content-Type"} {
		parts = append(parts, r.Header.Get(name))
	}
	return once(func() []string {
		r.Body = io.NopCloser(bytes.NewReader(body))
		return validateRequest(r)
	}, parts...)
}

func validateRequest(r *http.Request) (wrong []string) {
	op, err := operation(r)
	if err != nil {
		return []string{err.Error()}
	}
	if err := openapi3filter.ValidateRequest(r.Context(), op); err != nil {
		wrong = append(wrong, err.Error())
	}
	for name := range r.URL.Query() {
		if op.Route.Operation.Parameters.GetByInAndName(openapi3.ParameterInQuery, name) == nil {
			wrong = append(wrong, fmt.Sprintf("no parameter %q", name))
		}
	}
	return append(wrong, checkHeader(r)...)
}

// checkHeader returns what is wrong with the headers that GitHub requires:
// https://docs.github.com/rest/using-the-rest-api/getting-started-with-the-rest-api#headers
func checkHeader(r *http.Request) (wrong []string) {
	if r.UserAgent() == "" {
		wrong = append(wrong, "no User-Agent")
	}
	if accept := r.Header.Get("Accept"); !strings.HasPrefix(accept, "application/vnd.github") {
		wrong = append(wrong, fmt.Sprintf("Accept %q", accept))
	}
	if version := r.Header.Get("X-GitHub-Api-Version"); version != "2022-11-28" {
		wrong = append(wrong, fmt.Sprintf("X-GitHub-Api-Version %q", version))
	}
	if auth, ok := r.Header["Authorization"]; ok && !strings.HasPrefix(auth[0], "Bearer ") {
		wrong = append(wrong, "Authorization is not Bearer")
	}
	return wrong
}

// checkAnswer returns the mismatches of an answer with the API: the fake has to be
// right, too.
func checkAnswer(r *http.Request, a answer) []string {
	return once(func() []string { return validateAnswer(r, a) }, r.Method, r.URL.Path, strconv.Itoa(a.status),
		a.header.Get("Content-Type"), a.header.Get("Link"), string(a.sample))
}

func validateAnswer(r *http.Request, a answer) (wrong []string) {
	op, err := operation(r)
	if err != nil {
		return nil // checkRequest has said so
	}
	input := &openapi3filter.ResponseValidationInput{RequestValidationInput: op, Status: a.status, Header: a.header}
	if err := openapi3filter.ValidateResponse(r.Context(), input.SetBodyBytes(a.sample)); err != nil {
		wrong = append(wrong, "own answer: "+err.Error())
	}
	return wrong
}
