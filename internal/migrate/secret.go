package migrate

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/scheduled-actions/scheduled/internal/pattern"
	"github.com/scheduled-actions/scheduled/internal/problem"
)

// secretWords are the words of a name whose value is a secret.
var secretWords = strings.Fields("password passwd passphrase passcode pass pwd pw secret secrets token apikey credential credentials auth authorization bearer cookie dsn webhook pin sid")

// secretPairs are two words that make such a name together.
var secretPairs = strings.Fields("api_key access_key private_key secret_key auth_key account_key encryption_key signing_key master_key app_key license_key service_key ssh_key encrypt_key client_key session_key")

// secretEnd matches a word that ends in one of a secret, as DBPASS and ACCESSKEY do.
// passWord matches the words of English that end so and are none.
var (
	secretEnd = pattern.New(`(?:pass|password|passwd|passphrase|pwd|secret|token|cookie|credentials?|(?:api|access|private|secret)key)$`)
	passWord  = pattern.New(`(?:^|en)compass$|^(?:by|tres|sur|over|under)pass$`)
)

// openWords end the name of something about a secret that is none, such as TOKEN_FILE.
var openWords = strings.Fields("file path dir folder name expiry expires ttl timeout length limit count type header parallelism method mode enabled disabled required store provider backend format min max size version policy domain host port algorithm stdin")

// nameWords returns the words of a name in lower case: API_KEY, api-key and apiKey have two.
func nameWords(name string) (list []string) {
	var b strings.Builder
	var last rune
	for _, c := range name {
		if unicode.IsUpper(c) && unicode.IsLower(last) {
			b.WriteByte(' ')
		}
		last = c
		if !unicode.IsLetter(c) && !unicode.IsDigit(c) {
			c = ' '
		}
		b.WriteRune(unicode.ToLower(c))
	}
	return strings.Fields(b.String())
}

// secretName reports whether the value of a variable, key or flag of that name is a
// secret.
func secretName(name string) bool {
	list := nameWords(name)
	if len(list) == 0 || slices.Contains(openWords, list[len(list)-1]) {
		return false
	}
	for i, word := range list {
		if slices.Contains(secretWords, word) || i > 0 && slices.Contains(secretPairs, list[i-1]+"_"+word) {
			return true
		}
		if secretEnd.MatchString(word) && !passWord.MatchString(word) {
			return true
		}
	}
	return false
}

// secretForms match secrets by what they look like. The first group is the secret, and
// all of it without one.
var secretForms = []*pattern.Pattern{
	pattern.New(`\b[a-zA-Z][a-zA-Z0-9+.-]*://[^\s/:@'"$]*:([^\s/@'"$<{]+)@`),          // of a user in an address
	pattern.New(`(?i)\b(?:bearer|basic|token)\s+([A-Za-z0-9._~+/=-]{8,})`),            // in a header
	pattern.New(`(?i)\b(?:x-)?(?:api-?key|auth-?token|access-?token):\s*([^\s'"$]+)`), // in a header
	pattern.New(`(?i)[?&](?:[a-z_-]*(?:token|key|secret|password|passwd|pwd|sig|auth))=([^&\s'"$#]+)`),
	pattern.New(`\b(?:gh[pousr]_[A-Za-z0-9]{16,}|github_pat_[A-Za-z0-9_]{20,}|glpat-[A-Za-z0-9_-]{16,}|pypi-[A-Za-z0-9_-]{16,}|npm_[A-Za-z0-9]{16,}|hf_[A-Za-z0-9]{16,}|dop_v1_[a-f0-9]{16,})`),
	pattern.New(`\b(?:sk|pk|rk)[-_](?:live[-_]|test[-_]|proj-|ant-)?[A-Za-z0-9_-]{16,}`),
	pattern.New(`\b(?:AKIA|ASIA)[A-Z0-9]{12,}|\bAIza[A-Za-z0-9_-]{20,}|\bSG\.[A-Za-z0-9_.-]{20,}|\bxox[abeprs]-[A-Za-z0-9-]{8,}|\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_.-]+`),
	pattern.New(`(?:\b|bot)(\d{8,10}:[A-Za-z0-9_-]{30,})`), // of a bot
	pattern.New(`\bpass:([^\s'"$]+)`),                            // of openssl
	pattern.New(`(?i)\bcookie:\s*[\w.-]+=([^\s;'"$]{8,})`),       // in a header
	pattern.New(`\blogin\s+[^\s'"]+\s+password\s+([^\s'"$\\]+)`), // of .netrc
	pattern.New(`https://(?:hooks\.slack\.com/(?:services|workflows|triggers)|(?:\w+\.)?discord(?:app)?\.com/api/webhooks|[\w.-]+\.webhook\.office\.com)/[^\s'"]+`),
	pattern.New(`-----BEGIN [A-Z ]*PRIVATE KEY-----[^"']*`),
}

// secretSpans returns where a text has secrets, by what they look like.
func secretSpans(text string) (spans [][2]int) {
	for _, form := range secretForms {
		for _, m := range form.FindAllStringSubmatchIndex(text, -1) {
			if len(m) > 2 && m[2] >= 0 {
				m = m[2:]
			}
			spans = append(spans, [2]int{m[0], m[1]})
		}
	}
	for _, m := range inText.FindAllStringSubmatchIndex(text, -1) {
		if isNamedSecret(text[m[2]:m[3]], text[m[4]:m[5]]) {
			spans = append(spans, [2]int{m[4], m[5]})
		}
	}
	slices.SortFunc(spans, func(a, b [2]int) int { return a[0] - b[0] })
	return slices.CompactFunc(spans, func(next, last [2]int) bool { return next[0] < last[1] })
}

// inText matches a name and its value as forms, JSON and programs write them.
var inText = pattern.New(`(?i)([a-z_-]*(?:passw(?:or)?d|[a-z_]pass|passphrase|secret|token|(?:api|secret|access|private)[_-]?key))["']?\]?\s*[:=]\s*["']?([^"'\s&,;{}()$<]+)`)

var random = pattern.New(`^[A-Za-z0-9+=_-]{24,}$`)

// secretValue reports whether a value looks like a secret: by its form, or because it is
// long and random.
func secretValue(value string) bool {
	if len(secretSpans(value)) > 0 {
		return true
	}
	var upper, lower, digit int
	for _, c := range value {
		switch {
		case unicode.IsUpper(c):
			upper++
		case unicode.IsLower(c):
			lower++
		case unicode.IsDigit(c):
			digit++
		}
	}
	hex := upper == 0 && digit > 6 && hexDigits.MatchString(value)
	return hex || random.MatchString(value) && upper > 2 && lower > 2 && digit > 2
}

var (
	hexDigits  = pattern.New(`^[0-9a-f]{32,}$`)
	plainValue = pattern.New(`^[A-Za-z0-9]{8,}$`)
)

// isSecret reports whether a variable with a literal value is a secret. Values that only
// refer to others are none, nor are the words that switch something.
func isSecret(name, value string) bool {
	value = strings.Trim(value, `"' `)
	return isNamedSecret(name, value) || !isOpen(value) && (secretValue(value) || isKey(name, value))
}

// isNamedSecret is isSecret by the name alone.
func isNamedSecret(name, value string) bool {
	return secretName(name) && !isOpen(value) && (!strings.HasPrefix(value, "/") || strings.Contains(value, "="))
}

// isKey reports whether a value is the key of a service, as in STRIPE_KEY: a word of letters
// and digits, and not the key of a cache or table.
func isKey(name, value string) bool {
	list := nameWords(name)
	return len(list) > 1 && list[len(list)-1] == "key" && !slices.Contains(plainKeys, list[len(list)-2]) &&
		plainValue.MatchString(value) && strings.ContainsAny(value, "0123456789") && strings.ToUpper(value) != strings.ToLower(value)
}

// plainKeys come before KEY in names of what is open.
var plainKeys = strings.Fields("cache sort partition primary foreign group object public routing row")

// isOpen reports whether a value is a reference or a switch.
func isOpen(value string) bool {
	switch strings.ToLower(value) {
	case "", "true", "false", "yes", "no", "on", "off", "0", "1", "none", "null":
		return true
	}
	return strings.HasPrefix(value, "$") || strings.HasPrefix(value, "…")
}

// secret declares the secret of the repository that holds the value of a variable.
// Variables of one name with several values get several secrets.
func (r *reader) secret(j *Job, line int, variable, value string) {
	if why := unfit(variable, ""); why != "" {
		if variable == "GITHUB_TOKEN" || variable == "GH_TOKEN" {
			j.set("token", true)
			j.glue(line, "name in permissions what the token may do: GITHUB_TOKEN is the job's own here")
			return
		}
		j.lost(line, "the variable %s %s", variable, why)
		return
	}
	j.secret(line, variable, r.named(variable, value))
}

// named returns the name of the secret that holds a value: the one that is wanted, or the
// first of NAME_2, NAME_3 … that holds no other value.
func (r *reader) named(wanted, value string) string {
	name := wanted
	for n := 2; r.values[name] != "" && r.values[name] != value; n++ {
		name = fmt.Sprintf("%s_%d", wanted, n)
	}
	if r.values == nil {
		r.values = map[string]string{}
	}
	r.values[name] = value
	return name
}

// secret declares a secret of the repository, and the variable that the job gets it in.
func (j *Job) secret(line int, variable, name string) {
	all := paired(j.get("secrets"))
	if !all.has(variable) {
		all.set(variable, name)
	}
	j.set("secrets", listed(all))
	j.glue(line, "set the secret %s in the repository: its value is not copied", name)
}

// listed returns a table as a list where all its names are their values.
func listed(all table) any {
	var names []string
	for _, k := range all {
		if k.name != k.value {
			return all
		}
		names = append(names, k.name)
	}
	return names
}

// paired returns what listed returned as a table again.
func paired(value any) table {
	all, _ := value.(table)
	names, _ := value.([]string)
	for _, name := range names {
		all.set(name, name)
	}
	return slices.Clone(all)
}

// env declares a variable, or a secret if its value looks like one.
func (r *reader) env(j *Job, line int, name, value string) {
	if isSecret(name, value) {
		r.secret(j, line, name, value)
		return
	}
	if why := unfit(name, value); why != "" {
		j.lost(line, "the variable %s %s", problem.Quote(name), why)
		return
	}
	if machinePath.MatchString(value) {
		j.glue(line, "set %s to a path that a run has: %s is one of the machine", name, value)
	}
	j.set("env", append(j.table("env").without(name), key{name: name, value: value}))
}

// machinePath matches paths that a runner does not have.
var machinePath = pattern.New(`^(?:~|/(?:home|root|srv|opt|var|data|app|mnt|Users|etc)\b)`)

// unfit says why no job can have such a variable, "" if one can.
func unfit(name, value string) string {
	trial := Job{ID: "x", keys: table{{name: "every", value: "day"}, {name: "command", value: "x"}, {name: "env", value: table{{name: name, value: value}}}}}
	if wrong := trial.problems(); len(wrong) > 0 {
		_, why, _ := strings.Cut(wrong[0].Message, " ")
		return why
	}
	return ""
}

// withoutSecrets returns a text for people with what looks like a secret left out.
func withoutSecrets(text string) string {
	for _, span := range slices.Backward(secretSpans(text)) {
		text = text[:span[0]] + "…" + text[span[1]:]
	}
	return assigned.ReplaceAllStringFunc(text, func(m string) string {
		parts := assigned.FindStringSubmatch(m)
		if isSecret(parts[1], parts[3]) && !strings.Contains(m, "…") && !strings.HasPrefix(parts[3], "//") && !strings.EqualFold(parts[3], "bearer") {
			return parts[1] + parts[2] + "…"
		}
		return m
	})
}

// assigned matches a name and its value in prose or in a command.
var assigned = pattern.New(`([A-Za-z][A-Za-z0-9_-]*)(\s*[=:]\s*|\s+is\s+)([^\s,;]+)`)
