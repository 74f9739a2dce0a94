package workflow

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

const (
	pagesPath = Dir + "/" + PagesFile
	withPage  = oneJob + "pages = true\n"
)

// TestPagesPlan changes what the workflow of the page follows from.
func TestPagesPlan(t *testing.T) {
	set := func(toml string) func(fstest.MapFS) {
		return func(repo fstest.MapFS) { repo["pyproject.toml"] = &fstest.MapFile{Data: []byte(toml)} }
	}
	const kept = ", keep scheduled-a.yml, keep scheduled-rescue.yml"
	rows := []struct {
		name   string
		change func(fstest.MapFS)
		want   string
	}{
		{"nothing", func(fstest.MapFS) {}, "keep scheduled-a.yml, keep scheduled-pages.yml, keep scheduled-rescue.yml"},
		{"none", set(oneJob), "delete scheduled-pages.yml" + kept},
		{"of all projects", set(oneJob + "pages = \"all-projects\"\n"), "update scheduled-pages.yml" + kept},
		{"no job is enabled", set(withPage + "[tool.scheduled-actions.jobs.a]\nenabled = false\n"),
			"update scheduled-a.yml, delete scheduled-pages.yml, delete scheduled-rescue.yml"},
		{"GitHub cannot run a job any more", set(strings.Replace(withPage, `"day"`, `"minute"`, 1)), ""},
		{"GitHub cannot run a job any more, and no page", set(strings.Replace(oneJob, `"day"`, `"minute"`, 1)), "delete scheduled-pages.yml"},
		{"a newer pin", func(repo fstest.MapFS) {
			raise := strings.NewReplacer(deployPages.Ref+" # "+deployPages.Version, strings.Repeat("a", 40)+" # v99.0.0")
			repo[pagesPath] = &fstest.MapFile{Data: []byte(raise.Replace(string(repo[pagesPath].Data)))}
		}, "keep scheduled-a.yml, keep scheduled-pages.yml, keep scheduled-rescue.yml"},
		{"a file of others, and none wanted", func(repo fstest.MapFS) {
			set(oneJob)(repo)
			repo[pagesPath] = &fstest.MapFile{Data: []byte("on: push\n")}
		}, "keep scheduled-a.yml, keep scheduled-rescue.yml"},
	}
	for _, row := range rows {
		repo := repository(withPage)
		apply(repo, plan(t, repo, "pyproject.toml", release))
		row.change(repo)
		p := plan(t, repo, "pyproject.toml", release)
		if got := summary(p); got != row.want {
			t.Errorf("%s: %s; want %s", row.name, got, row.want)
		}
		for _, c := range append(p.Changes(), p.Unchanged...) {
			if (c.Path == pagesPath) != (c.Does == Publishes) {
				t.Errorf("%s: %s does %q", row.name, c.Path, c.Does)
			}
		}
	}
}

// TestPagesOf says whose jobs the page shows.
func TestPagesOf(t *testing.T) {
	for _, row := range []struct{ path, pages, title, want string }{
		{"pyproject.toml", "true", "Scheduled page", ""},
		{"services/[x]/pyproject.toml", "true", "Scheduled page of services/[x]", "project: \"services/[x]\""},
		{"services/[x]/pyproject.toml", "\"all-projects\"", "Scheduled page of services/[x]", "all-projects: true"},
	} {
		repo := repository("")
		repo[row.path] = &fstest.MapFile{Data: []byte(oneJob + "runs-on = [\"self-hosted\", \"linux\"]\npages = " + row.pages + "\n")}
		for _, c := range plan(t, repo, row.path, release).Created {
			if c.Does != Publishes {
				continue
			}
			lint(t, c.Path, c.New)
			got := string(c.New)
			if !strings.Contains(got, "name: \""+row.title+"\"\n") || !strings.Contains(got, row.want) ||
				strings.Contains(got, "project: ") != strings.HasPrefix(row.want, "project: ") || strings.Count(got, "self-hosted") != 2 {
				t.Errorf("%s: pages = %s:\n%s", row.path, row.pages, got)
			}
		}
	}
}

// TestPagesConflicts has files of others under the name of the page's.
func TestPagesConflicts(t *testing.T) {
	const sub = "services/billing/pyproject.toml"
	for _, row := range []struct{ there, want string }{
		{"on: push", "a file that scheduled did not write has that name"},
		{markerOf(sub, "a"), `the file belongs to job "a"`},
		{marker{Version: 1, Project: "pyproject.toml", Workflow: Publishes}.line(), "the file belongs to pyproject.toml"},
		{marker{Version: 1, Project: sub, Workflow: Rescues}.line(), `the file is our workflow "rescue"`},
	} {
		repo := repository("")
		repo[sub] = &fstest.MapFile{Data: []byte(withPage)}
		repo[pagesPath] = &fstest.MapFile{Data: []byte(row.there + "\n")}
		_, err := Target{Project: load(t, repo, sub), Path: sub, Action: release}.Plan(repo)
		if !conflicts(err, pagesPath, "that publishes the page of the jobs", row.want) {
			t.Errorf("%q: %v", row.there, err)
		}
	}
}

// TestPagesEffects says what a change of the page means, and costs: two minutes each time,
// here once a day.
func TestPagesEffects(t *testing.T) {
	rows := []struct {
		was, is       string
		want          Effect
		before, after int
	}{
		{oneJob, withPage, Effect{Kind: "created", Trigger: "rescue", Assigned: "after a rescue that finds something new"}, 240, 300},
		{withPage, oneJob, Effect{Kind: "deleted"}, 300, 240},
		{withPage, oneJob + "pages = \"all-projects\"\n", Effect{Kind: "updated", Trigger: "rescue", Assigned: "after a rescue that finds something new"}, 300, 300},
		{oneJob, strings.ReplaceAll(withPage, `"day"`, `"hour"`), Effect{Kind: "created", Trigger: "rescue", Assigned: "after a rescue that finds something new"}, 240, 4320},
	}
	for _, row := range rows {
		repo := repository(row.was)
		apply(repo, plan(t, repo, "pyproject.toml", release))
		repo["pyproject.toml"] = &fstest.MapFile{Data: []byte(row.is)}
		target := Target{Project: load(t, repo, "pyproject.toml"), Path: "pyproject.toml", Action: release}
		p, err := target.Plan(repo)
		if err != nil {
			t.Fatal(err)
		}
		row.want.Change = Change{Path: pagesPath, Does: Publishes}
		var got []Effect
		for _, e := range target.Effects(p, noon) {
			if e.Does == Publishes {
				got = append(got, e)
			}
		}
		if diff := cmp.Diff([]Effect{row.want}, got, cmpopts.IgnoreFields(Change{}, "Old", "New")); diff != "" {
			t.Errorf("effects (-want +got):\n%s", diff)
		}
		if before, after := target.Minutes(p); before != row.before || after != row.after {
			t.Errorf("%d minutes before, %d after; want %d, %d", before, after, row.before, row.after)
		}
		if line := target.Origin(got[0]); line != max(1, target.Project.Rescue.PagesLine) {
			t.Errorf("line %d", line)
		}
	}
}

// TestService tells the files of services from those of jobs.
func TestService(t *testing.T) {
	for file, want := range map[string]bool{
		SyncFile: true, PagesFile: true, RescueFile("pyproject.toml"): true, RescueFile("services/billing/pyproject.toml"): true,
		RescueFile("🚢/pyproject.toml"): true,
		"scheduled-report.yml":         false, "scheduled-page.yml": false, "ci.yml": false, "scheduled-rescue-boats.yml": false, "scheduled-rescue-0123abcd.yml": false, // of the job rescue
	} {
		if got := Service(file); got != want {
			t.Errorf("%s: %v", file, got)
		}
	}
}
