package migrate

// ghAction is a row of the table of known actions.
type ghAction struct {
	move     func(m *mover, s ghStep, w ghWhen)
	delivers bool // it commits or pushes
}

// ghActions are the known actions, in lower case and without the release.
var ghActions map[string]ghAction

func init() {
	ghActions = map[string]ghAction{
		"actions/checkout":                    {move: (*mover).checkout},
		"actions/setup-python":                {move: (*mover).python},
		"astral-sh/setup-uv":                  {move: (*mover).python},
		"snok/install-poetry":                 {move: drop("our set-up installs Poetry")},
		"abatilo/actions-poetry":              {move: drop("our set-up installs Poetry")},
		"gi-ki/setup-poetry":                  {move: drop("our set-up installs Poetry")},
		"pdm-project/setup-pdm":               {move: (*mover).python},
		"conda-incubator/setup-miniconda":     {move: (*mover).python},
		"mamba-org/setup-micromamba":          {move: (*mover).python},
		"mamba-org/provision-with-micromamba": {move: (*mover).python},
		"prefix-dev/setup-pixi":               {move: drop("our set-up installs pixi")},
		"py-actions/py-dependency-install":    {move: (*mover).dependencies},
		"goanpeca/setup-miniconda":            {move: (*mover).python},
		"s-weigand/setup-conda":               {move: (*mover).python},
		"dschep/install-pipenv-action":        {move: drop("our set-up installs pipenv")},
		"wntrblm/nox":                         {move: (*mover).nox},
		"actions/create-github-app-token":     {move: (*mover).appToken},
		"tibdex/github-app-token":             {move: (*mover).appToken},
		"mxschmitt/action-tmate":              {move: drop("for debugging")},
		"pypa/hatch":                          {move: (*mover).hatch},
		"nanasess/setup-chromedriver":         {move: drop("GitHub's runners have it")},
		"browser-actions/setup-geckodriver":   {move: drop("GitHub's runners have it")},
		"fregante/setup-git-user":             {move: drop("GitHub signs the commit")},
		"oleksiyrudenko/gha-git-credentials":  {move: drop("GitHub signs the commit")},
		"crazy-max/ghaction-import-gpg":       {move: drop("GitHub signs the commit")},
		"appleboy/ssh-action":                 {move: (*mover).ssh},

		"actions/cache":                    {move: (*mover).cache},
		"actions/cache/restore":            {move: (*mover).cache},
		"actions/cache/save":               {move: (*mover).cache},
		"actions/upload-artifact":          {move: (*mover).artifact},
		"actions/download-artifact":        {move: (*mover).download},
		"dawidd6/action-download-artifact": {move: (*mover).download},

		"stefanzweifel/git-auto-commit-action": {move: commitBy("commit_message", "file_pattern", "branch"), delivers: true},
		"endbug/add-and-commit":                {move: commitBy("message", "add", "new_branch push"), delivers: true},
		"ad-m/github-push-action":              {move: commitBy("", "", "branch"), delivers: true},
		"peter-evans/create-pull-request":      {move: commitBy("commit-message title", "add-paths", "branch"), delivers: true},
		"githubocto/flat":                      {move: commitBy("", "", ""), delivers: true},
		"mikeal/publish-to-github-action":      {move: commitBy("", "", ""), delivers: true},
		"actions-js/push":                      {move: commitBy("message", "directory", "branch"), delivers: true},
		"test-room-7/action-update-file":       {move: commitBy("commit-msg", "file-path", "branch"), delivers: true},

		"peaceiris/actions-gh-pages":           {move: (*mover).pagesBranch},
		"crazy-max/ghaction-github-pages":      {move: (*mover).pagesBranch},
		"jamesives/github-pages-deploy-action": {move: after("contents")},
		"actions/upload-pages-artifact":        {move: after()},
		"actions/deploy-pages":                 {move: (*mover).pages},
		"actions/configure-pages":              {move: after("pages")},
		"actions/github-script":                {move: after("issues")},
		"jasonetco/create-an-issue":            {move: (*mover).issue},
		"peter-evans/create-issue-from-file":   {move: after("issues")},
		"softprops/action-gh-release":          {move: after("contents")},

		"aws-actions/configure-aws-credentials": {move: (*mover).aws},
		"google-github-actions/auth":            {move: (*mover).google},
		"docker/login-action":                   {move: (*mover).docker},
		"appleboy/telegram-action":              {move: (*mover).telegram},
		"rtcamp/action-slack-notify":            {move: (*mover).slack},
		"8398a7/action-slack":                   {move: (*mover).slack},
		"slackapi/slack-github-action":          {move: (*mover).slack},
		"ravsamhq/notify-slack-action":          {move: (*mover).slack},
		"peter-evans/repository-dispatch":       {move: (*mover).dispatch},
		"benc-uk/workflow-dispatch":             {move: (*mover).dispatch},
		"cloudflare/wrangler-action":            {move: (*mover).wrangler},
		"ilshidur/action-discord":               {move: (*mover).discord},
		"sarisia/actions-status-discord":        {move: (*mover).discord},
		"dawidd6/action-send-mail":              {move: (*mover).mail},
		"gautamkrishnar/keepalive-workflow":     {move: drop("a workflow of ours is kept alive by its rescue")},
		"liskin/gh-workflow-keepalive":          {move: drop("a workflow of ours is kept alive by its rescue")},
		"awalsh128/cache-apt-pkgs-action":       {move: (*mover).apt},
		"szenius/set-timezone":                  {move: (*mover).zone},
		"step-security/harden-runner":           {move: drop("it watches the runner, and does nothing for the job")},
	}
}

// ghRuns are actions that only run lines of their inputs, and what makes such a step of
// theirs.
var ghRuns = map[string]func(j *Job, s ghStep) ghStep{
	"nick-fields/retry":     again,
	"nick-invision/retry":   again,
	"gabrielbb/xvfb-action": func(_ *Job, s ghStep) ghStep { return inline(s, "xvfb-run -a ", "run") },
	"coactions/setup-xvfb":  func(_ *Job, s ghStep) ghStep { return inline(s, "xvfb-run -a ", "run") },
	"jannekem/run-python-script-action": func(_ *Job, s ghStep) ghStep {
		s = inline(s, "", "script")
		s.Shell = "python"
		return s
	},
}

// inline makes lines of an input the lines of a step.
func inline(s ghStep, before, name string) ghStep {
	s.Run, s.RunLine = before+input(s, name), s.Line
	if dir := input(s, "working-directory"); dir != "" {
		s.Dir = dir
	}
	s.Uses, s.With = "", nil
	return s
}

// again makes a step that is tried again one of a job that is.
func again(j *Job, s ghStep) ghStep {
	if n, ok := count(input(s, "max_attempts")).(int); ok && n > 1 {
		j.set("attempts", min(n, 10)).comment = "of all commands"
	}
	if input(s, "on_retry_command") != "" {
		j.glue(s.Line, "do before each attempt what %s did in on_retry_command: %s", title(s), oneLine(input(s, "on_retry_command")))
	}
	if minutes := input(s, "timeout_minutes"); minutes != "" && s.Timeout == "" {
		s.Timeout = minutes
	}
	if seconds := input(s, "timeout_seconds"); seconds != "" {
		j.glue(s.Line, "put timeout in front of the slow command of %q: its limit was %s seconds", title(s), seconds)
	}
	j.kept(s.Line, "%s: attempts", s.Uses)
	return inline(s, "", "command")
}
