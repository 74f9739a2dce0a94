package rescue

import (
	"errors"
	"slices"
	"strings"

	"github.com/scheduled-actions/scheduled/internal/problem"
	"github.com/scheduled-actions/scheduled/internal/webhook"
)

// Hook gives the projects the hooks of their jobs, whose URLs are the values of getenv. Of
// those with one, memory returns what remembers the posts, and what is to be posted when a
// URL that is missing is there. The error names the hooks that nothing is posted to.
func (r *Rescue) Hook(getenv func(string) string, memory func(project int) *webhook.Memory) error {
	hooks := map[string]*webhook.Hook{}
	var wrong []error
	var unset []string
	for i, project := range r.Projects {
		for _, job := range project.Jobs {
			name := job.Webhook
			if _, read := hooks[name]; read || name == "" || slices.Contains(unset, name) {
				continue
			}
			url := getenv(name)
			if strings.TrimSpace(url) == "" {
				unset = append(unset, name)
				continue
			}
			hook, err := webhook.New(url)
			if err != nil {
				wrong = append(wrong, problem.New(problem.Hint(err), "nothing is posted to the webhook %s: %w", name, err))
			}
			hooks[name] = hook // nil if it is wrong
		}
		project.Hooks = hooks
		if slices.ContainsFunc(project.Jobs, func(job Job) bool { return job.Webhook != "" }) {
			project.Memory = memory(i)
		}
	}
	if len(unset) > 0 {
		wrong = append(wrong, problem.New("store the URL of the webhook in it", "nothing is posted to %s: not set, or empty",
			problem.Some(unset, func(name string) string { return "the webhook " + name })))
	}
	return errors.Join(wrong...)
}
