// Package webhook posts what happens to jobs to a chat or any other server, and remembers
// what it posted: each event is posted once.
//
// The URL is a secret. No part of it is in any error.
package webhook

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"path"
	"strings"
	"time"
	"unicode/utf16"

	"github.com/scheduled-actions/scheduled/internal/problem"
	"github.com/scheduled-actions/scheduled/internal/schedule"
	"github.com/scheduled-actions/scheduled/internal/secreturl"
)

const (
	patience = 10 * time.Second // for one try
	pause    = time.Second      // before the second one
	longest  = 20 * time.Second // pause that a server may ask for
	tries    = 3
)

// maxWords is in UTF-16 units. "content: the message contents (up to 2000 characters)"
// https://discord.com/developers/docs/resources/webhook#execute-webhook
const maxWords = 2000

// Hook is where a job's events are posted.
type Hook struct{ target *secreturl.Target }

// New returns the hook with a URL. The error has a hint.
func New(address string) (*Hook, error) {
	target, err := secreturl.Parse(address, "store the URL as the chat shows it, as in https://hooks.slack.com/services/…")
	if err != nil {
		return nil, err
	}
	target.Name, target.Patience, target.Pause, target.Longest, target.Tries = "webhook", patience, pause, longest, tries
	return &Hook{target}, nil
}

// Event is something that happened to a job. What is not known is null, or "".
type Event struct {
	Kind        schedule.Event   `json:"kind"`
	Repository  string           `json:"repository"` // owner/name
	Project     string           `json:"project"`    // path of its pyproject.toml in the repository
	Job         string           `json:"job"`        // its id
	Group       string           `json:"group"`
	Description string           `json:"description"`
	Window      *schedule.Window `json:"window"`
	RunID       *int64           `json:"run_id"`
	URL         string           `json:"url"`     // page of that run
	Cause       string           `json:"cause"`   // why it failed, one line
	Message     string           `json:"message"` // what the entrypoint said when it recovered, one line
	Failed      int              `json:"failed"`  // windows in a row that failed
	Paused      bool             `json:"paused"`  // the job is disabled because of that
	LastSuccess *Success         `json:"last_success"`
	RunAgain    string           `json:"run_again"` // the command that runs the job for the window
	Time        time.Time        `json:"time"`      // when it was found
}

// Success is the last known execution of a job that succeeded.
type Success struct {
	RunID     int64     `json:"run_id"`
	URL       string    `json:"url"`
	StartedAt time.Time `json:"started_at"`
}

// Post posts an event.
func (h *Hook) Post(ctx context.Context, e Event) error {
	body, err := json.Marshal(h.message(e))
	if err != nil {
		return fmt.Errorf("encode event: %w", err)
	}
	return h.target.Send(ctx, secreturl.Request{Method: http.MethodPost, Type: "application/json", Body: body})
}

// message is the body of a post: Text is what Slack, Mattermost and Google Chat show,
// Content what Discord shows. Slack, Mattermost and Discord ignore the other fields.
type message struct {
	Text     string    `json:"text"`
	Content  string    `json:"content,omitempty"`
	Event    *Event    `json:"event,omitempty"`
	Mentions *mentions `json:"allowed_mentions,omitempty"`
}

// mentions are the kinds of mentions that a text may have.
type mentions struct {
	Parse []string `json:"parse"`
}

func (h *Hook) message(e Event) message {
	words := e.Words()
	m := message{Text: words, Content: words, Event: &e}
	if adapt := chats[h.target.Host()]; adapt != nil {
		adapt(&m)
	}
	return m
}

// chats adapt a message to what a chat takes, by the host of its webhooks.
var chats = map[string]func(*message){
	"chat.googleapis.com": textOnly,
	"hooks.slack.com":     escape,
	"hooks.slack-gov.com": escape,
	"discord.com":         mentionNobody,
	"discordapp.com":      mentionNobody,
	"ptb.discord.com":     mentionNobody,
	"canary.discord.com":  mentionNobody,
}

// textOnly drops what Google Chat refuses: "Invalid JSON payload received. Unknown name
// \"username\" at 'message': Cannot find field." https://github.com/pydantic/logfire/issues/1540
func textOnly(m *message) { *m = message{Text: m.Text} }

// entities are for Slack. "Slack uses &, <, and > as control characters for special parsing
// in text objects, so they must be converted to HTML entities"
// https://docs.slack.dev/messaging/formatting-message-text#escaping
var entities = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")

func escape(m *message) { m.Text = entities.Replace(m.Text) }

// mentionNobody makes Discord take nothing in a text for a mention.
// https://docs.discord.com/developers/resources/message#allowed-mentions-object
func mentionNobody(m *message) { m.Mentions = &mentions{Parse: []string{}} }

// says are the words for each kind.
var says = map[schedule.Event]string{
	schedule.JobFailed:    "failed",
	schedule.JobMissed:    "missed its window",
	schedule.JobExpired:   "expired: its slot is too old to be run",
	schedule.JobLate:      "started late",
	schedule.JobRecovered: "recovered",
}

// Words says what happened in plain text of at most maxWords.
func (e Event) Words() string {
	var b strings.Builder
	line := func(label, text string) {
		if text != "" {
			fmt.Fprintf(&b, "\n%s: %s", label, text)
		}
	}
	b.WriteString(defused(problem.Show(e.Job)))
	if dir := path.Dir(e.Project); dir != "." {
		b.WriteString(" of " + defused(problem.Show(dir)))
	}
	b.WriteString(" " + says[e.Kind])
	if e.Failed > 1 {
		fmt.Fprintf(&b, " in %d windows in a row", e.Failed)
	}
	if e.Paused {
		b.WriteString(", and is paused now: `scheduled resume` starts it again")
	}
	fmt.Fprintf(&b, " (%s)", e.Repository)
	line("what it does", defused(problem.Cut(e.Description, 200)))
	line("cause", defused(problem.Cut(e.Cause, 300)))
	line("message", defused(problem.Cut(e.Message, 300)))
	if e.Window != nil {
		line("window", problem.Clock(e.Window.Start)+" to "+problem.Clock(e.Window.End))
	}
	line("run", e.URL)
	if e.LastSuccess != nil {
		line("last success", strings.TrimSpace(problem.Clock(e.LastSuccess.StartedAt)+" "+e.LastSuccess.URL))
	}
	line("run it again", defused(e.RunAgain))
	return cut(b.String())
}

// defused breaks up what a chat takes for a mention, such as @everyone and <!channel>, or
// for a link with another text.
func defused(text string) string {
	return strings.NewReplacer("@", "@\u200b", "<", "<\u200b").Replace(text)
}

// cut shortens a text to maxWords.
func cut(text string) string {
	units := 0
	for i, r := range text {
		if units += len(utf16.Encode([]rune{r})); units > maxWords-1 {
			return text[:i] + "…"
		}
	}
	return text
}
