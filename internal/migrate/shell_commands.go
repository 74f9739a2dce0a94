package migrate

import (
	"slices"
	"strings"
)

// class says what a command is for, and so where it goes.
type class int

const (
	neutral class = iota // says something, or moves; goes with what is behind it
	venv                 // makes or enters an environment: ours does that
	tool                 // installs a tool of our set-up
	install              // installs packages from the project's files, or by name
	system               // installs programs: before
	fetch                // installs what the packages need: prepare
	asking               // asks git, or brings its newest commits
	gitting              // git's part of a delivery
	other                // anything else
	work                 // the work of the job
	mixed                // work and its delivery in one statement
)

// command is a row of the table of known commands.
type command struct {
	program string
	words   string // one of them is an argument; "" for any arguments
	class   class
}

// commands are the known commands. The first row that fits counts.
var commands = []command{
	{"=", "", neutral},
	{"echo", "", neutral}, {"printf", "", neutral}, {"true", "", neutral}, {":", "", neutral}, {"test", "", neutral},
	{"[", "", neutral}, {"exit", "", neutral}, {"date", "", neutral}, {"sleep", "", neutral}, {"set", "", neutral},
	{"cd", "", neutral}, {"pushd", "", neutral}, {"popd", "", neutral}, {"pwd", "", neutral}, {"ls", "", neutral},
	{"cat", "", neutral}, {"head", "", neutral}, {"tail", "", neutral}, {"grep", "", neutral}, {"jq", "", neutral}, {"cut", "", neutral},
	{"sed", "-i --in-place -i.bak -ie -Ei -i.tmp", other}, {"sed", "", neutral}, {"awk", "", neutral}, {"xargs", "", other}, {"tr", "", neutral}, {"sort", "", neutral}, {"uniq", "", neutral}, {"basename", "", neutral}, {"dirname", "", neutral}, {"stat", "", neutral},
	{"du", "", neutral}, {"df", "", neutral}, {"free", "", neutral}, {"env", "", neutral}, {"printenv", "", neutral}, {"uname", "", neutral},
	{"find", "-exec -delete", other}, {"find", "", neutral}, {"read", "", neutral}, {"break", "", neutral}, {"continue", "", neutral}, {"return", "", neutral},
	{"which", "", neutral}, {"unset", "", neutral}, {"shopt", "", neutral}, {"wc", "", neutral}, {"tree", "", neutral},
	{"python", "-V --version", neutral}, {"python3", "-V --version", neutral}, {"pip", "list freeze show check -V --version debug cache config", neutral},
	{"uv", "--version -V", neutral}, {"poetry", "--version env", neutral}, {"node", "--version -v", neutral}, {"npm", "--version -v", neutral},

	{"venv", "", venv}, {"virtualenv", "", venv}, {"deactivate", "", venv}, {"ensurepip", "", venv},
	{"source", "activate", venv}, {".", "activate", venv},
	{"uv", "venv", venv}, {"poetry", "config lock shell check self", venv}, {"pipenv", "lock shell --python verify", venv},
	{"conda", "activate init deactivate config info", venv}, {"mamba", "activate", venv}, {"micromamba", "activate", venv},
	{"uv", "lock python", venv}, {"pdm", "lock use config", venv},

	{"pipx", "install", tool},
	{"pip", "install", install}, {"pip-sync", "", install}, {"pip", "uninstall wheel download", install},
	{"uv", "sync pip", install}, {"poetry", "install sync", install}, {"pipenv", "install sync", install}, {"pdm", "install sync", install},
	{"conda", "install create update", install}, {"mamba", "install create update", install}, {"micromamba", "install create update", install},

	{"apt", "list", neutral}, {"apt", "", system}, {"apt-get", "", system}, {"aptitude", "", system}, {"dpkg", "", system}, {"apt-key", "", system}, {"add-apt-repository", "", system},
	{"apk", "", system}, {"yum", "", system}, {"dnf", "", system}, {"snap", "", system}, {"brew", "", system}, {"choco", "", system},
	{"npm", "ci install i", system}, {"yarn", "install", system}, {"pnpm", "install i", system}, {"bundle", "install", system},
	{"gem", "install", system}, {"go", "install", system}, {"cargo", "install", system}, {"corepack", "", system},
	{"locale-gen", "", system}, {"update-locale", "", system}, {"fc-cache", "", system}, {"timedatectl", "", system},
	{"docker", "login pull", system}, {"docker-compose", "up", system}, {"update-ca-certificates", "", system},

	{"playwright", "install install-deps", fetch}, {"patchright", "install install-deps", fetch}, {"camoufox", "fetch", fetch},
	{"spacy", "download", fetch}, {"nltk.downloader", "", fetch}, {"ipykernel", "install", fetch}, {"crawl4ai-setup", "", fetch},
	{"scrapling", "install", fetch}, {"npx", "install", fetch}, {"pyppeteer-install", "", fetch},

	{"git", "clone submodule lfs worktree subtree", other}, {"git", "config add commit push rm mv tag", gitting}, {"git", "", asking}, {"gh", "pr", gitting},

	{"bash", "", work}, {"sh", "", work}, {"make", "", work}, {"just", "", work}, {"task", "", work}, {"tox", "", work}, {"nox", "", work},
	{"jupyter", "", work}, {"papermill", "", work}, {"Rscript", "", work}, {"R", "", work}, {"node", "", work}, {"npm", "", work},
	{"npx", "", work}, {"scrapy", "", work}, {"dbt", "", work}, {"pytest", "", work}, {"docker", "run", work}, {"snakemake", "", work},
	{"quarto", "", work}, {"dvc", "", work}, {"prefect", "", work}, {"kedro", "", work}, {"hatch", "", work}, {"pixi", "", work},
	{"conda", "", work}, {"micromamba", "", work}, {"uvx", "", work}, {"uv", "", work}, {"poetry", "", work}, {"pipenv", "", work}, {"pdm", "", work},
}

// class returns the class of a command. What only says something is of no account, unless
// it goes into a file.
func (c call) class() class {
	k := c.known()
	if k == neutral && c.writes {
		return other
	}
	return k
}

func (c call) known() class {
	program := c.argv[0]
	if isPython(program) {
		if len(c.argv) > 1 && (c.argv[1] == "-V" || c.argv[1] == "--version") {
			return neutral
		}
		if len(c.argv) == 1 || c.argv[1] == "-c" || c.argv[1] == "-" {
			return other
		}
		return work
	}
	for _, row := range commands {
		if row.program == program && (row.words == "" || slices.ContainsFunc(c.argv[1:], func(a string) bool {
			return slices.Contains(strings.Fields(row.words), a[strings.LastIndex(a, "/")+1:])
		})) {
			return row.class
		}
	}
	if strings.Contains(program, "/") || strings.HasSuffix(program, ".py") || strings.HasSuffix(program, ".sh") {
		return work
	}
	return other
}

// classOf returns the class of all calls together.
func classOf(calls []call) class {
	sum := neutral
	for _, c := range calls {
		sum = mix(sum, c.class())
	}
	if sum == mixed && retries(calls) {
		return gitting
	}
	return sum
}

// shuffles are commands that bring files past what git resets, in a loop that pushes.
var shuffles = []string{"cp", "mv", "rm", "mkdir", "seq", "rsync", "mktemp"}

// retries reports whether calls only push, again and again on top of the newest commit.
func retries(calls []call) bool {
	resets := false
	for _, c := range calls {
		k := c.class()
		if k != gitting && k != asking && k != neutral && !slices.Contains(shuffles, c.argv[0]) {
			return false
		}
		resets = resets || slices.Contains([]string{"reset", "stash", "checkout", "switch", "rebase"}, c.git())
	}
	return resets
}

// mix returns the class of a statement with commands of two classes.
func mix(a, b class) class {
	a, b = min(a, b), max(a, b)
	switch {
	case a == neutral || a == b:
		return b
	case b <= fetch:
		return fetch // it can stay whole before the work
	case a == asking || a <= fetch && b != gitting:
		return b
	case a == gitting || b == gitting || b == mixed:
		return mixed
	}
	return b
}
