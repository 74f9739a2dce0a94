package migrate

// ghPair is a name and its value in a workflow, as written there.
type ghPair struct {
	Name, Value string
	Line        int
}

// ghStep is a step of a job in a workflow. Its texts can have expressions: ${{ … }}.
type ghStep struct {
	Line                                int
	Name, ID, If, Uses, Run, Shell, Dir string   // Shell and Dir are of the step, else of defaults.run; "" for none
	With, Env                           []ghPair // Env only of the step itself
	RunLine                             int      // of the first line of Run
	Soft                                bool     // continue-on-error
	Timeout                             string   // minutes; "" for none
}

// ghJob is a job of a workflow, with one combination of its matrix.
type ghJob struct {
	Workflow   string // its name, else the name of its file
	ID, Name   string // Name is "" for none
	Line       int
	Steps      []ghStep
	Env        []ghPair // of the workflow and of the job
	Dir, Shell string   // of defaults.run; "" for none
}

// ghPhase says which of the job's own steps get something.
type ghPhase int

const (
	ghSetup ghPhase = iota // before, prepare and the set-up
	ghMain                 // the command
	ghAfter                // after
)

// ghWhen is what the if of a step comes to.
type ghWhen struct {
	When  string // of our steps: "success", "failure" or "always"
	Never bool   // on a schedule
	Test  string // a test of bash besides, as in [ … ]; "" for none
}

// resolve returns a text with the values of its expressions, and whether all have one
// that is known without a run: those of the matrix, of env and of inputs. It is for
// names, paths and the inputs of actions.
func (g *ghJob) resolve(j *Job, line int, text string) (string, bool) { return text, true }

// bash returns the lines of a step for bash, with variables in place of expressions:
// ${GITHUB_REPOSITORY} for github.repository, ${TOKEN} for secrets.TOKEN. It changes
// nothing; give makes the variables reach the step.
func (g *ghJob) bash(text string) string { return text }

// give makes all variables reach a step that its env, that of the job, and its lines need:
// by the keys env, inputs, secrets, setup-secrets, vars and token. It returns lines of
// bash that go before those of the step, and tells what is lost. It is called once for
// each step that is kept, and for none that is dropped.
func (g *ghJob) give(j *Job, s ghStep, to ghPhase) (sets []string) { return nil }

// private returns the secrets that a step uses, in its env, its lines or its inputs.
func (g *ghJob) private(s ghStep) []string { return nil }

// when returns what the if of a step means here; ok is false if that cannot be said.
func (g *ghJob) when(j *Job, s ghStep) (_ ghWhen, ok bool) { return ghWhen{When: "success"}, true }

func isGitHub(f File) bool { return false }

func readGitHub(r *reader, f File) error { return nil }
