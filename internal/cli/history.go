package cli

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/scheduled-actions/scheduled/internal/problem"
	"github.com/scheduled-actions/scheduled/internal/schedule"
	"github.com/spf13/cobra"
)

// The bounds of --limit.
const (
	defaultLimit = 20
	maxLimit     = 10_000
)

// statesHelp says what the states mean: schedule.State has them in full.
const statesHelp = `A window is
  confirmed  an execution that started in it succeeded, and started in time:
             within the first eighth of the window
  late       one succeeded, and started later
  rescued    one succeeded that a rescue dispatched
  running    a run of it is queued or in progress
  failed     a run of it failed, and none succeeded
  due        it is the one that holds now, and nothing ran yet
  missed     it is over, and nothing ran, or only what was cancelled
  paused     nothing ran, and the workflow is disabled by hand
  unknown    the history does not reach back so far, or holds too little of it`

// sourcesHelp says where the history comes from.
const sourcesHelp = `The repository is $GITHUB_REPOSITORY, else that of the git remote origin; the
token is --token, $INPUT_TOKEN, $GITHUB_TOKEN, $GH_TOKEN, else that of
` + "`gh auth token`" + `, and needs actions: read. Tokens of the environment are sent to
github.com, ghe.com, and the host of $GITHUB_API_URL, $GITHUB_SERVER_URL or $GH_HOST,
and to no other that a remote may name: there it takes --token, $GH_ENTERPRISE_TOKEN
or gh. Without a repository, or without a token where there is a local ledger, the
history is that of the ledger in .scheduled/.`

func (p *Program) historyCommand() *cobra.Command {
	var asJSON bool
	var token, since string
	var limit int
	cmd := &cobra.Command{
		Use:   "history JOB",
		Short: "Show what became of the job's windows",
		Long: `history shows the windows of a job, the newest first: when each was due, when the
entrypoint started in it, how late that was, its state, and the run that says so.

` + statesHelp + `

` + sourcesHelp + `

--json prints {"job", "every", "next", "workflow", "lateness": {"p50", "p95"},
"windows": [{"start", "end", "state", "ran", "lateness", "attempt", "run_id",
"url"}]}: times in RFC 3339, UTC; lateness in seconds; null for what there is not.
The percentiles are of the windows in which the execution itself started: not of
backfills and re-runs that came after them.
workflow is its state on GitHub, "missing" if GitHub knows none of that file.`,
		Args: jobArgument,
		RunE: func(cmd *cobra.Command, args []string) error {
			reach, err := parseReach(cmd, since, limit, p.Now())
			if err != nil {
				return err
			}
			return p.history(args[0], reach, token, asJSON)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	cmd.Flags().IntVar(&limit, "limit", defaultLimit, "at most so many windows (with --since: all)")
	cmd.Flags().StringVar(&since, "since", "", "no windows before this time, as in 2026-11-21T10:37:00Z, or this age, as in 30d or 36h")
	registerToken(cmd, &token)
	return cmd
}

func registerToken(cmd *cobra.Command, token *string) {
	cmd.Flags().StringVar(token, "token", "", "token that may read Actions")
}

// parseReach reads the flags that say how far to look back.
func parseReach(cmd *cobra.Command, since string, limit int, now time.Time) (schedule.Reach, error) {
	reach := schedule.Reach{Windows: limit}
	if limit < 1 || limit > maxLimit {
		return reach, usageError(fmt.Sprintf("--limit %d is not within 1 and %d", limit, maxLimit), cmd)
	}
	if since == "" {
		return reach, nil
	}
	if !cmd.Flags().Changed("limit") {
		reach.Windows = maxLimit
	}
	var err error
	if reach.Since, err = time.Parse(time.RFC3339, since); err == nil {
		if reach.Since.After(now) {
			return reach, usageError(fmt.Sprintf("--since %s lies in the future", since), cmd)
		}
		return reach, nil
	}
	if reach.Age, err = parseAge(since); err != nil || reach.Age <= 0 {
		return reach, usageError(fmt.Sprintf("--since %q is neither a time of the form 2026-11-21T10:37:00Z nor an age such as 30d or 36h", since), cmd)
	}
	return reach, nil
}

// parseAge reads "30d", or whatever time.ParseDuration takes.
func parseAge(age string) (time.Duration, error) {
	const maxDays = 36500
	number, inDays := strings.CutSuffix(age, "d")
	if !inDays {
		return time.ParseDuration(age)
	}
	days, err := strconv.ParseUint(number, 10, 16)
	return time.Duration(min(days, maxDays)) * 24 * time.Hour, err
}

func (p *Program) history(id string, reach schedule.Reach, token string, asJSON bool) error {
	project, err := p.open()
	if err != nil {
		return err
	}
	job, err := project.job(id)
	if err != nil {
		return err
	}
	doing := func() string { return "still reading the history of " + problem.Show(id) }
	return p.recall(project, token, doing, func(ctx context.Context, archive *archive) error {
		past, err := archive.read(ctx, job, reach)
		if err != nil {
			return err
		}
		p.note(archive.remarks(past))
		if asJSON {
			return p.printJSON(newRecounted(past))
		}
		return p.printHistory(past, archive.source())
	})
}

// progress tells people what goes on, every two seconds until stop is called.
func (p *Program) progress(what func() string) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for tick := time.Tick(2 * time.Second); ; {
			select {
			case <-ctx.Done():
				return
			case <-tick:
				p.say(what())
			}
		}
	}()
	return func() {
		cancel()
		<-ended
	}
}

// recounted is a job's past in the output of `history --json`.
type recounted struct {
	Job      string           `json:"job"`
	Every    schedule.Cadence `json:"every"`
	Next     time.Time        `json:"next"`
	Workflow *string          `json:"workflow"`
	Lateness percentiles      `json:"lateness"`
	Windows  []recountedOne   `json:"windows"`
}

// percentiles are in seconds.
type percentiles struct {
	P50 *int64 `json:"p50"`
	P95 *int64 `json:"p95"`
}

type recountedOne struct {
	Start    time.Time      `json:"start"`
	End      time.Time      `json:"end"`
	State    schedule.State `json:"state"`
	Ran      *time.Time     `json:"ran"`
	Lateness *int64         `json:"lateness"`
	Attempt  *int           `json:"attempt"`
	RunID    *int64         `json:"run_id"`
	URL      *string        `json:"url"`
}

func newRecounted(p past) recounted {
	late := schedule.Lateness(p.accounts)
	out := recounted{
		Job:      p.job.ID,
		Every:    p.job.Schedule.Every(),
		Next:     p.job.Schedule.Next(p.now),
		Workflow: optional(p.workflow),
		Lateness: percentiles{seconds(late, 0.5), seconds(late, 0.95)},
		Windows:  []recountedOne{},
	}
	for _, a := range p.accounts {
		out.Windows = append(out.Windows, newRecountedOne(a))
	}
	return out
}

func newRecountedOne(a schedule.Account) recountedOne {
	one := recountedOne{Start: a.Window.Start, End: a.Window.End, State: a.State}
	if a.Served() {
		one.Ran = new(a.Run.Started.UTC().Truncate(time.Second))
		one.Lateness = new(int64(a.Lateness / time.Second))
	}
	if a.Run != nil {
		one.RunID, one.URL, one.Attempt = new(a.Run.ID), optional(a.Run.URL), optional(a.Run.Attempt)
	}
	return one
}

// optional returns nil for the zero value.
func optional[T comparable](value T) *T {
	var zero T
	if value == zero {
		return nil
	}
	return &value
}

func seconds(late []time.Duration, share float64) *int64 {
	at, known := schedule.NearestRank(late, share)
	if !known {
		return nil
	}
	return new(int64(at / time.Second))
}

// printHistory prints a table of the windows, and below it what they add up to.
func (p *Program) printHistory(past past, source string) error {
	paint := p.painter(p.Stdout)
	fmt.Fprintf(p.Stdout, "%s, %s; from %s\n\n", problem.Show(past.job.ID), past.job.Schedule, source)
	t := table(p.Stdout)
	fmt.Fprintf(t, "DUE (UTC)\tRAN (UTC)\tLATE\t%s\tATTEMPT\tRUN\n", paint("", "STATE"))
	for _, a := range past.accounts {
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\n", minute(a.Window.Start), ranAt(a), paint(a.State, string(a.State)), attempt(a), link(a))
	}
	if err := t.Flush(); err != nil {
		return err
	}
	fmt.Fprintln(p.Stdout)
	printSum(p.Stdout, past)
	return nil
}

func printSum(w io.Writer, past past) {
	measured := schedule.Lateness(past.accounts)
	if p50, known := schedule.NearestRank(measured, 0.5); known {
		p95, _ := schedule.NearestRank(measured, 0.95)
		fmt.Fprintf(w, "lateness: p50 %s, p95 %s, of %s with an execution inside\n", late(p50), late(p95), problem.Count(len(measured), "window"))
	} else {
		fmt.Fprintln(w, "lateness: unknown, no window has an execution inside")
	}
	fmt.Fprintf(w, "next: %s\n", problem.Clock(past.job.Schedule.Next(past.now)))
}

// ranAt returns the cells of when a window ran and how late that was.
func ranAt(a schedule.Account) string {
	if !a.Served() {
		return "\t"
	}
	return minute(a.Run.Started) + "\t" + late(a.Lateness)
}

func attempt(a schedule.Account) string {
	if a.Run == nil || a.Run.Attempt == 0 {
		return ""
	}
	return strconv.Itoa(a.Run.Attempt)
}

func link(a schedule.Account) string {
	if a.Run == nil {
		return ""
	}
	return plainLink(*a.Run)
}

// minute writes a time for a column, whose head says UTC.
func minute(t time.Time) string { return t.UTC().Format("2006-01-02 15:04") }

// late writes a lateness for people, in its two largest units.
func late(d time.Duration) string {
	d = d.Truncate(time.Second)
	days, hours, minutes := int(d.Hours())/24, int(d.Hours())%24, int(d.Minutes())%60
	switch {
	case days > 0:
		return fmt.Sprintf("%dd%dh", days, hours)
	case hours > 0:
		return fmt.Sprintf("%dh%dm", hours, minutes)
	case minutes > 0:
		return fmt.Sprintf("%dm", minutes)
	}
	return d.String()
}

// painter returns how to colour a state for w. Every cell of a column has to be
// painted, the head too: then the codes are of one length, and the table stays
// aligned.
func (p *Program) painter(w io.Writer) func(schedule.State, string) string {
	if !p.color(w) {
		return func(_ schedule.State, text string) string { return text }
	}
	return func(state schedule.State, text string) string {
		code, ok := stateColors[state]
		if !ok {
			code = "39" // as it is
		}
		return "\x1b[" + code + "m" + text + "\x1b[0m"
	}
}

var stateColors = map[schedule.State]string{
	schedule.StateConfirmed: "32", // green
	schedule.StateLate:      "33", // yellow
	schedule.StateRescued:   "33",
	schedule.StateRunning:   "36", // cyan
	schedule.StateFailed:    "31", // red
	schedule.StateMissed:    "31",
}
