package ghtest

import (
	"net/http"
	"strconv"
	"strings"
)

// Rights say what the token and the settings of the repository forbid. The zero
// value forbids nothing.
type Rights struct {
	Token Token

	ReadOnly     bool // refuses every write
	Archived     bool // so is the repository: refuses every write
	NoWorkflows  bool // refuses trees that name a file in .github/workflows
	NoPush       bool // refuses refs to commits that change a file in .github/workflows, as a git push is refused
	NoPulls      bool // refuses to write pull requests, comments, labels and reviewers
	NoOpenedPull bool // the setting that lets GitHub Actions create pull requests is off
	NoDispatch   bool // refuses to dispatch runs
	NoIssues     bool // refuses to write issues
	NoAdmin      bool // refuses to write environments
	NoTracker    bool // the repository has issues disabled
}

// Token is a kind of token; the refusals differ.
type Token int

const (
	App         Token = iota // a token of an App, such as GITHUB_TOKEN
	FineGrained              // a fine-grained personal access token
	Classic                  // a personal access token with scopes
)

// Rules say what the branch rules of the repository forbid.
type Rules struct {
	Prefix     string // of the branches
	NoForce    bool   // no pushes but fast forward
	NoCreation bool
	NoDeletion bool
	Push       string // what GitHub says to any push to them; "" if it takes them
}

// SetRights sets what is forbidden.
func (s *Server) SetRights(rights Rights) { s.locked(func() { s.rights = rights }) }

// SetRules sets the rules for branches.
func (s *Server) SetRules(rules Rules) { s.locked(func() { s.rules = rules }) }

// login returns the name of the token's owner.
func (r Rights) login() string {
	if r.Token == App {
		return "github-actions[bot]"
	}
	return "octo"
}

// refusal returns the status and message of requests without a right.
func (r Rights) refusal() (status int, message string) {
	switch r.Token {
	case Classic: // it does not tell what it may not see
		return http.StatusNotFound, "Not Found"
	case FineGrained:
		return http.StatusForbidden, "Resource not accessible by personal access token"
	}
	return http.StatusForbidden, "Resource not accessible by integration"
}

// pushRefusal returns what git says of a workflow file that may not be pushed.
func (r Rights) pushRefusal(path string) string {
	if r.Token == App {
		return "refusing to allow a GitHub App to create or update workflow `" + path + "` without `workflows` permission"
	}
	return "refusing to allow a Personal Access Token to create or update workflow `" + path + "` without `workflow` scope"
}

// archived reports whether a request would write to an archived repository.
func (s *Server) archived(r *http.Request) bool {
	return s.rights.Archived && r.Method != http.MethodGet && strings.HasPrefix(r.URL.Path, repos+"/")
}

// forbids reports whether the token lacks the right to make any such request.
func (s *Server) forbids(r *http.Request) bool {
	path, known := strings.CutPrefix(r.URL.Path, repos+"/")
	if r.Method == http.MethodGet || !known {
		return false
	}
	room, _, _ := strings.Cut(path, "/")
	switch room {
	case "actions":
		return s.rights.ReadOnly || s.rights.NoDispatch
	case "git":
		return s.rights.ReadOnly
	case "environments":
		return s.rights.ReadOnly || s.rights.NoAdmin
	case "issues":
		number, _, _ := strings.Cut(strings.TrimPrefix(path, "issues/"), "/")
		if n, _ := strconv.Atoi(number); s.pull(n) == nil {
			return s.rights.ReadOnly || s.rights.NoIssues
		}
	}
	return s.rights.ReadOnly || s.rights.NoPulls
}

const workflows = ".github/workflows/"

// workflowPushed returns a workflow file that a commit changes against the
// default branch, "" if there is none or pushing it is allowed.
func (s *Server) workflowPushed(commit string) string {
	if !s.rights.NoPush {
		return ""
	}
	files := func(commit string) map[string]leaf { return s.git.leaves(s.git.commit(commit).Tree) }
	for _, path := range changedPaths(files(s.git.branch(defaultBranch)), files(commit)) {
		if strings.HasPrefix(path, workflows) {
			return path
		}
	}
	return ""
}

// rule returns the rules for a ref.
func (s *Server) rule(ref string) Rules {
	branch, ok := strings.CutPrefix(ref, "refs/heads/")
	if ok && strings.HasPrefix(branch, s.rules.Prefix) {
		return s.rules
	}
	return Rules{}
}

func (s *Server) ruled(message string) answer {
	return s.refuse(http.StatusUnprocessableEntity, "Repository rule violations found\n\n"+message+"\n\n")
}
