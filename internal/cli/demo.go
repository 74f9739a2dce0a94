package cli

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/scheduled-actions/scheduled/testdata"
	"github.com/spf13/cobra"
)

func (p *Program) demoCommand(run func(*Program) int) *cobra.Command {
	return &cobra.Command{
		Use:   "demo",
		Short: "Try it on a sample project",
		Args:  noArguments,
		RunE:  func(*cobra.Command, []string) error { return p.demo(run) },
	}
}

// scene is one step of the demo: what it shows, a command, and its exit code.
type scene struct {
	title   string
	prepare func(dir string) error
	args    []string
	code    int
}

var scenes = []scene{
	{"Four jobs, each at its own time", nil, []string{"list"}, 0},
	{"A workflow file for each", nil, []string{"sync"}, 0},
	{"A job runs", nil, []string{"run", "clean-files"}, 0},
	{"Again: its window is confirmed, so it does not run", nil, []string{"run", "clean-files"}, 0},
	{"A job fails", nil, []string{"run", "import-orders"}, exitFindings},
	{"Its input is there now, and the window is not confirmed, so it runs", writeOrders, []string{"run", "import-orders"}, 0},
}

// writeOrders writes the missing input file of import-orders.
func writeOrders(dir string) error {
	if err := os.Mkdir(filepath.Join(dir, "data"), 0o755); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "data", "orders.csv"), []byte("order,amount\n1,19.90\n2,5.10\n"), 0o644)
}

// demo plays the scenes in a new folder, and keeps it.
func (p *Program) demo(run func(*Program) int) error {
	dir, err := os.MkdirTemp("", "scheduled-demo-")
	if err != nil {
		return fmt.Errorf("create folder of the demo: %w", err)
	}
	quickstart, err := fs.Sub(testdata.Quickstart, "quickstart")
	if err == nil {
		err = os.CopyFS(dir, quickstart)
	}
	if err != nil {
		return fmt.Errorf("write sample project: %w", err)
	}
	for i, s := range scenes {
		fmt.Fprintf(p.Stdout, "%d. %s\n$ scheduled %s\n", i+1, s.title, strings.Join(s.args, " "))
		if err := p.play(s, dir, run); err != nil {
			return err
		}
		fmt.Fprintln(p.Stdout)
	}
	fmt.Fprintf(p.Stdout, "Look around: cd %s\n"+
		"  pyproject.toml       the jobs\n"+
		"  .github/workflows/   what sync wrote: commit it, and GitHub runs the jobs\n"+
		"  .scheduled/          the local history; on GitHub it is the Actions tab\n", dir)
	return nil
}

func (p *Program) play(s scene, dir string, run func(*Program) int) error {
	if s.prepare != nil {
		if err := s.prepare(dir); err != nil {
			return fmt.Errorf("prepare scene: %w", err)
		}
	}
	command := *p
	command.Args = append([]string{"--project", dir}, s.args...)
	command.Path = ""         // this process plays all scenes
	command.Stderr = p.Stdout // one stream, so that the order is kept
	command.Environ = slices.DeleteFunc(slices.Clone(p.Environ), func(v string) bool {
		return strings.HasPrefix(v, "GITHUB_") || strings.HasPrefix(v, "INPUT_") // as on a developer's machine
	})
	if code := run(&command); code != s.code {
		return fmt.Errorf("scheduled %s exited with %d, want %d", strings.Join(s.args, " "), code, s.code)
	}
	return nil
}
