// Command adapter lets the conformance suite ask this provider:
//
//	python3 conformance/run.py -- ADAPTER [-history github|ledger] PROGRAM
//
// PROGRAM is the built program. With the history of GitHub, each tick is a run of the
// generated workflow: PROGRAM decides and executes as its two steps do, against a fake
// GitHub whose clock is that of the scenario. With the ledger, a tick is what a cron of
// the user's own calls, "scheduled run JOB". There the program reads this machine's clock,
// so the adapter starts itself instead: the same program with the clock of the scenario.
package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"time"
)

// request is a request of the suite. conformance/README.md describes them.
type request struct {
	Do      string
	Project string
	Job     string

	Begin, End time.Time
	Now, Ends  time.Time

	Lose, Blind bool
}

// history is where a provider has its history: what ticks and manual starts differ by.
type history interface {
	cadences() []string
	start(r request, manual bool) error
}

func main() {
	if clock := os.Getenv(clockVariable); clock != "" {
		os.Exit(programAt(clock))
	}
	where := flag.String("history", "github", "history of the runs: github or ledger")
	flag.Parse()
	program, err := absolute(flag.Arg(0))
	histories := map[string]history{"github": gitHub{program}, "ledger": ledger{}}
	if histories[*where] == nil || flag.NArg() != 1 {
		flag.Usage()
		os.Exit(2)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(2)
	}
	a := adapter{program, *where, histories[*where]}
	requests := bufio.NewScanner(os.Stdin)
	for requests.Scan() {
		answer, err := a.answer(requests.Bytes())
		if err != nil {
			answer = map[string]any{"error": err.Error()}
		}
		if err := json.NewEncoder(os.Stdout).Encode(answer); err != nil {
			os.Exit(1)
		}
	}
}

type adapter struct {
	program string
	where   string
	history history
}

func (a adapter) answer(line []byte) (any, error) {
	var r request
	if err := json.Unmarshal(line, &r); err != nil {
		return nil, err
	}
	switch r.Do {
	case "describe":
		return a.describe()
	case "read":
		return a.read(r)
	case "windows":
		return a.windows(r)
	case "tick":
		return map[string]any{}, a.history.start(r, false)
	case "manual":
		return map[string]any{}, a.history.start(r, true)
	}
	return nil, fmt.Errorf("request %q is unknown", r.Do)
}
