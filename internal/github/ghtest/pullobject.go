package ghtest

import (
	"fmt"
	"strings"
)

// api returns the URL of something of the repository.
func (s *Server) api(path string) string { return s.URL + "/repos/" + Repository + path }

// html returns the URL of the page of something of the repository.
func html(path string) string { return "https://github.com/" + Repository + path }

// nodeID stands for GitHub's ids of its GraphQL API.
func nodeID(kind, id string) string { return kind + "_kwDOAFPHd9" + id }

// user returns a person or App.
func user(login string) object {
	page := "https://api.github.com/users/" + login
	return fixtures.User.with(map[string]any{
		"login": login, "id": hash(login), "node_id": nodeID("U", login), "url": page,
		"html_url": "https://github.com/" + login, "organizations_url": page + "/orgs", "repos_url": page + "/repos",
	})
}

func users(logins []string) []object {
	list := []object{}
	for _, login := range logins {
		list = append(list, user(login))
	}
	return list
}

// reviewers returns the people and the teams of a list.
func reviewers(names []string) (people, teams []object) {
	people, teams = []object{}, []object{}
	for _, name := range names {
		if owner, slug, team := strings.Cut(name, "/"); team {
			teams = append(teams, fixtures.Team.with(map[string]any{
				"id": hash(slug), "name": slug, "slug": slug, "html_url": "https://github.com/orgs/" + owner + "/teams/" + slug,
			}))
		} else {
			people = append(people, user(name))
		}
	}
	return people, teams
}

// pullObject returns a pull request as lists have it.
func (s *Server) pullObject(p *pulled) object {
	number, issue := s.api(fmt.Sprintf("/pulls/%d", p.Number)), s.api(fmt.Sprintf("/issues/%d", p.Number))
	page := html(fmt.Sprintf("/pull/%d", p.Number))
	statuses := s.api("/statuses/" + p.HeadSHA)
	link := func(href string) map[string]string { return map[string]string{"href": href} }
	people, teams := reviewers(p.Reviewers)
	var mergedAt any
	if p.Merged {
		mergedAt = stamp(p.closed)
	}
	return fixtures.Pull.with(map[string]any{
		"id": 1_000_000 + p.Number, "node_id": nodeID("PR", fmt.Sprint(p.Number)), "number": p.Number,
		"url": number, "html_url": page, "diff_url": page + ".diff", "patch_url": page + ".patch", "issue_url": issue,
		"commits_url": number + "/commits", "review_comments_url": number + "/comments",
		"review_comment_url": s.api("/pulls/comments{/number}"), "comments_url": issue + "/comments", "statuses_url": statuses,
		"state": p.State, "title": p.Title, "body": orNull(p.Body), "draft": p.Draft, "user": user(p.login),
		"created_at": stamp(p.created), "updated_at": stamp(p.updated), "closed_at": orNull(stamp(p.closed)),
		"merged_at": mergedAt, "merge_commit_sha": orNull(p.merge),
		"labels": s.labelObjects(p.Labels), "assignees": users(p.Assignees), "assignee": first(users(p.Assignees)),
		"requested_reviewers": people, "requested_teams": teams,
		"head": s.end(p.Head, p.HeadSHA), "base": s.end(p.Base, s.git.branch(p.Base)),
		"_links": map[string]any{
			"self": link(number), "html": link(page), "issue": link(issue), "comments": link(issue + "/comments"),
			"review_comments": link(number + "/comments"), "review_comment": link(s.api("/pulls/comments{/number}")),
			"commits": link(number + "/commits"), "statuses": link(statuses),
		},
	})
}

// end returns one end of a pull request.
func (s *Server) end(branch, commit string) map[string]any {
	return map[string]any{
		"label": label(branch), "ref": branch, "sha": commit,
		"user": user(strings.Split(Repository, "/")[0]), "repo": fixtures.Repository,
	}
}

// fullPullObject returns a pull request as its own path does.
func (s *Server) fullPullObject(p *pulled) object {
	o := s.pullObject(p)
	var added, removed int
	base := s.git.mergeBase(s.git.branch(p.Base), p.HeadSHA)
	files := s.diff(base, p.HeadSHA)
	for _, file := range files {
		added += file["additions"].(int)
		removed += file["deletions"].(int)
	}
	return o.with(map[string]any{
		"merged": p.Merged, "mergeable": nil, "rebaseable": nil, "mergeable_state": "unknown", "merged_by": nil,
		"comments": len(p.Comments), "review_comments": 0, "maintainer_can_modify": false,
		"commits": len(s.commitsOf(p)), "additions": added, "deletions": removed, "changed_files": len(files),
	})
}

// issueObject returns a pull request as an issue.
func (s *Server) issueObject(p *pulled) object {
	issue, page := s.api(fmt.Sprintf("/issues/%d", p.Number)), html(fmt.Sprintf("/pull/%d", p.Number))
	return fixtures.Issue.with(map[string]any{
		"id": 1_000_000 + p.Number, "node_id": nodeID("PR", fmt.Sprint(p.Number)), "number": p.Number,
		"url": issue, "html_url": page, "repository_url": s.api(""), "labels_url": issue + "/labels{/name}",
		"comments_url": issue + "/comments", "events_url": issue + "/events",
		"state": p.State, "title": p.Title, "body": orNull(p.Body), "draft": p.Draft, "user": user(p.login),
		"labels": s.labelObjects(p.Labels), "assignees": users(p.Assignees), "assignee": first(users(p.Assignees)),
		"comments":   len(p.Comments),
		"created_at": stamp(p.created), "updated_at": stamp(p.updated), "closed_at": orNull(stamp(p.closed)),
		"pull_request": map[string]any{
			"url": s.api(fmt.Sprintf("/pulls/%d", p.Number)), "html_url": page,
			"diff_url": page + ".diff", "patch_url": page + ".patch", "merged_at": nil,
		},
	})
}

// first returns the first object of a list, or null.
func first(list []object) any {
	if len(list) == 0 {
		return nil
	}
	return list[0]
}
