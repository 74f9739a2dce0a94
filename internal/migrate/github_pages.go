package migrate

import (
	"cmp"
	"strings"
)

// pagesBranch moves the publication of a folder on a branch to an action that has the
// job's token by itself.
func (m *mover) pagesBranch(s ghStep, w ghWhen) {
	to := s
	to.Uses, to.With = "JamesIves/github-pages-deploy-action@v4", nil
	names := map[string]string{"build_dir": "folder", "target_branch": "branch", "publish_dir": "folder", "publish_branch": "branch", "destination_dir": "target-folder", "commit_message": "commit-message", "full_commit_message": "commit-message", "external_repository": "repository-name"}
	for _, p := range s.With {
		switch name := names[p.Name]; {
		case name == "repository-name":
			m.j.lost(p.Line, "%s: it publishes in another repository", title(s))
			return
		case name != "":
			if name != "folder" && strings.Contains(p.Value, "${{") {
				p.Value = constantText(p.Value)
			}
			p.Name, p.Value = name, strings.TrimPrefix(p.Value, "./")
			if name == "folder" {
				p.Value = cmp.Or(p.Value, ".")
			}
			to.With = append(to.With, p)
		case p.Name == "keep_files" && p.Value == "true":
			to.With = append(to.With, ghPair{"clean", "false", p.Line})
		case p.Name == "force_orphan" && p.Value == "true":
			to.With = append(to.With, ghPair{"single-commit", "true", p.Line})
		case p.Name == "cname":
			m.j.glue(p.Line, "write %s to the file CNAME in the folder: it was the cname", p.Value)
		}
	}
	if input(to, "branch") == "" {
		to.With = append(to.With, ghPair{"branch", "gh-pages", s.Line})
	}
	if input(to, "folder") == "" {
		to.With = append(to.With, ghPair{"folder", "public", s.Line})
	}
	m.j.kept(s.Line, "%s: JamesIves/github-pages-deploy-action, which needs no token as input", title(s))
	after("contents")(m, to, w)
}

// pages moves the deployment of GitHub Pages.
func (m *mover) pages(s ghStep, w ghWhen) {
	if m.j.get("environment") == nil {
		m.j.set("environment", "github-pages")
	}
	after("pages", "id-token")(m, s, w)
}

// issue moves an action that needs the job's token in its environment.
func (m *mover) issue(s ghStep, w ghWhen) {
	m.permit("issues")
	file, _ := m.fixed(s, "filename")
	file = cmp.Or(file, ".github/ISSUE_TEMPLATE.md")
	m.after = append(m.after, table{
		{name: "name", value: cmp.Or(constantText(s.Name), "Open an issue")}, {name: "uses", value: first(pinned("actions/github-script@v7"))},
		{name: "with", value: table{{name: "script", value: "const text = require('fs').readFileSync('" + strings.ReplaceAll(file, "'", "") + "', 'utf8')\nconst [, head, body] = text.match(/^---\\n([\\s\\S]*?)\\n---\\n([\\s\\S]*)$/) ?? [, '', text]\nconst title = (head.match(/^title: *(.*)$/m) ?? [, 'Scheduled job'])[1]\nawait github.rest.issues.create({ ...context.repo, title, body })"}}},
		{name: "when", value: w.When},
	})
	m.j.kept(s.Line, "%s: actions/github-script, which has the job's token", title(s))
}

func first(s, _ string) string { return s }
