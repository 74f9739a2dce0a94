package migrate

import (
	"cmp"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// notice moves a notice to a line of curl that the command runs when it ends.
func (m *mover) notice(s ghStep, w ghWhen, line string, env ...ghPair) {
	m.run(s, w, line, env...)
	m.j.kept(s.Line, "%s: a line of curl, in the command since it needs secrets", title(s))
}

// run moves an action to lines of the command that do the same.
func (m *mover) run(s ghStep, w ghWhen, line string, env ...ghPair) {
	env = slices.DeleteFunc(env, func(p ghPair) bool { return p.Value == "" })
	sets := m.g.give(m.j, ghStep{Line: s.Line, Name: s.Name, If: s.If, Env: env, Run: line}, ghMain)
	s.Dir = ""
	text := m.wired(s, append(sets, m.tuned(s, w, divided{text: line})))
	if w.When == "success" {
		m.commands = append(m.commands, text)
	} else {
		m.hooks = append(m.hooks, hook{text, w.When})
	}
}

func (m *mover) telegram(s ghStep, w ghWhen) {
	m.notice(s, w, `curl -fsS "https://api.telegram.org/bot${TELEGRAM_TOKEN}/sendMessage" --data-urlencode "chat_id=${TELEGRAM_TO}" --data-urlencode "text=${TELEGRAM_TEXT}"`,
		ghPair{"TELEGRAM_TOKEN", input(s, "token"), s.Line}, ghPair{"TELEGRAM_TO", input(s, "to"), s.Line}, m.text(s, "TELEGRAM_TEXT", "message"))
}

// text is a variable with the words of a notice.
func (m *mover) text(s ghStep, name string, inputs ...string) ghPair {
	if value := input(s, inputs...); value != "" {
		return ghPair{name, strings.TrimRight(value, "\n"), s.Line}
	}
	return ghPair{name, cmp.Or(m.g.Workflow, "Scheduled job"), s.Line}
}

// webhook returns the address that an action posts to.
func webhook(s ghStep, inputs ...string) string {
	if value := input(s, inputs...); value != "" {
		return value
	}
	for _, p := range s.Env {
		if strings.Contains(strings.ToUpper(p.Name), "WEBHOOK") {
			return p.Value
		}
	}
	return ""
}

func (m *mover) slack(s ghStep, w ghWhen) {
	url := webhook(s, "webhook", "webhook_url", "webhook-url")
	if url == "" {
		m.slackToken(s, w)
		return
	}
	m.chat(s, w, "SLACK_WEBHOOK", url, "text", "text", "slack_message", "custom_payload", "payload")
}

func (m *mover) discord(s ghStep, w ghWhen) {
	url := webhook(s, "webhook", "webhook_url")
	if url == "" {
		m.j.lost(s.Line, "%s: it has no address", title(s))
		return
	}
	m.chat(s, w, "DISCORD_WEBHOOK", url, "content", "args", "description", "content", "title")
}

// chat posts words as JSON.
func (m *mover) chat(s ghStep, w ghWhen, variable, url, field string, inputs ...string) {
	words := m.text(s, "NOTICE", inputs...)
	for _, p := range s.Env {
		if p.Name == "SLACK_MESSAGE" {
			words.Value = p.Value
		}
	}
	if strings.HasPrefix(strings.TrimSpace(words.Value), "{") {
		fields := map[string]any{}
		_ = yaml.Unmarshal([]byte(words.Value), &fields) // JSON too; what is not there is empty
		text, _ := fields[field].(string)
		if len(fields) != 1 || text == "" {
			m.j.glue(s.Line, "check the message of %s: only its text is sent, as %s", title(s), field)
		}
		words.Value = cmp.Or(text, m.g.Workflow, "Scheduled job")
	}
	m.notice(s, w, `jq -n --arg text "$NOTICE" '{`+field+`: $text}' | curl -fsS -H 'Content-Type: application/json' -d @- "$`+variable+`"`,
		ghPair{variable, url, s.Line}, words)
}

func (m *mover) mail(s ghStep, w ghWhen) {
	server := cmp.Or(input(s, "server_address"), "localhost")
	scheme := "smtps"
	if port := input(s, "server_port"); port == "587" || port == "25" {
		scheme = "smtp"
	}
	from := input(s, "from")
	env := []ghPair{{"MAIL_SERVER", server, s.Line}, {"MAIL_PORT", cmp.Or(input(s, "server_port"), "465"), s.Line}, {"MAIL_USER", input(s, "username"), s.Line}, {"MAIL_PASSWORD", input(s, "password"), s.Line},
		{"MAIL_FROM", from, s.Line}, {"MAIL_TO", input(s, "to"), s.Line}, m.text(s, "MAIL_SUBJECT", "subject"), m.text(s, "MAIL_BODY", "body", "html_body")}
	if input(s, "attachments") != "" {
		m.j.glue(s.Line, "send the attachments of the mail in the command: %s", oneLine(input(s, "attachments")))
	}
	m.notice(s, w, `printf 'From: %s\nTo: %s\nSubject: %s\n\n%s\n' "$MAIL_FROM" "$MAIL_TO" "$MAIL_SUBJECT" "$MAIL_BODY" | curl -fsS --ssl-reqd "`+scheme+`://$MAIL_SERVER:$MAIL_PORT" --user "$MAIL_USER:$MAIL_PASSWORD" --mail-from "$MAIL_USER" --mail-rcpt "$MAIL_TO" -T -`, env...)
}

// slackToken posts words with the token of an app for Slack.
func (m *mover) slackToken(s ghStep, w ghWhen) {
	token, payload := input(s, "token"), input(s, "payload")
	for _, p := range s.Env {
		if p.Name == "SLACK_BOT_TOKEN" {
			token = p.Value
		}
	}
	var fields struct{ Channel, Text string }
	_ = yaml.Unmarshal([]byte(payload), &fields) // JSON too; what is not there is empty
	channel := cmp.Or(input(s, "channel-id"), fields.Channel)
	if token == "" || channel == "" {
		m.j.lost(s.Line, "%s: it names no token or channel", title(s))
		return
	}
	if strings.Contains(payload, "blocks") {
		m.j.glue(s.Line, "check the message of %s: only its text is sent", title(s))
	}
	m.notice(s, w, `jq -n --arg channel "$SLACK_CHANNEL" --arg text "$NOTICE" '{channel: $channel, text: $text}' | curl -fsS -H "Authorization: Bearer $SLACK_BOT_TOKEN" -H 'Content-Type: application/json' -d @- https://slack.com/api/chat.postMessage`,
		ghPair{"SLACK_BOT_TOKEN", token, s.Line}, ghPair{"SLACK_CHANNEL", channel, s.Line}, ghPair{"NOTICE", strings.TrimSpace(cmp.Or(input(s, "slack-message"), fields.Text, m.g.Workflow, "Scheduled job")), s.Line})
}

// dispatch starts another workflow.
func (m *mover) dispatch(s ghStep, w ghWhen) {
	repository, _ := m.fixed(s, "repository", "repo")
	at := "${GITHUB_REPOSITORY}"
	if repository != "" && !strings.Contains(input(s, "repository", "repo"), "${{") {
		at = repository
	}
	event, _ := m.fixed(s, "event-type")
	line := `gh api "repos/` + at + `/dispatches" -f event_type=` + quote(event)
	if workflow, _ := m.fixed(s, "workflow"); workflow != "" {
		line = "gh workflow run " + quote(workflow) + ` --repo "` + at + `"`
	}
	if more := input(s, "client-payload", "inputs"); more != "" {
		m.j.glue(s.Line, "hand %s over to %s", oneLine(more), title(s))
	}
	m.run(s, w, `GH_TOKEN="$DISPATCH_TOKEN" `+line, ghPair{"DISPATCH_TOKEN", cmp.Or(input(s, "token"), "${{ github.token }}"), s.Line})
	if input(s, "token") == "" || isToken(input(s, "token")) {
		m.permit("actions")
	}
	m.j.kept(s.Line, "%s: by gh", title(s))
}

// wrangler publishes at Cloudflare.
func (m *mover) wrangler(s ghStep, w ghWhen) {
	command, ok := m.fixed(s, "command")
	if !ok || command == "" {
		command = "deploy"
		m.j.glue(s.Line, "run the command of wrangler, %s, for %s", oneLine(input(s, "command")), title(s))
	}
	line := "npx --yes wrangler " + oneLine(command)
	if dir, _ := m.fixed(s, "workingDirectory"); dir != "" {
		line = "cd " + quote(dir) + " && " + line
	}
	m.run(s, w, line, ghPair{"CLOUDFLARE_API_TOKEN", input(s, "apiToken"), s.Line}, ghPair{"CLOUDFLARE_ACCOUNT_ID", input(s, "accountId"), s.Line})
	m.j.kept(s.Line, "%s: by npx", title(s))
}
