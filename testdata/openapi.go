package testdata

import _ "embed"

// OpenAPI is GitHub's own description of the REST operations used here, types
// only. The fake GitHub checks every request and answer against it.
//
//go:embed github-openapi.json
var OpenAPI []byte
