package migrate

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"gopkg.in/yaml.v3"

	"github.com/scheduled-actions/scheduled/internal/pattern"
)

var cronJobKind = pattern.New(`(?m)(?:^|[\s{,-])"?kind"?:\s*["']?CronJob\b`)

func isKubernetes(f File) bool { return cronJobKind.Match(f.Text) }

// template matches what Helm replaces, and helmName what nothing but Helm has in it.
var (
	template = pattern.New(`\{\{-?`)
	helmName = pattern.New(`\{\{-?\s*(?:\.(?:Values|Release|Chart|Capabilities|Files|Template)\b|include\b|toYaml\b|define\b|range\b|if\b)`)
)

// readKubernetes reads the CronJobs of all documents of a file, and of the lists in them.
// https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/cron-job-v1/
func readKubernetes(r *reader, f File) error {
	var all []*yaml.Node
	decoder := yaml.NewDecoder(bytes.NewReader(f.Text))
	for {
		var doc yaml.Node
		err := decoder.Decode(&doc)
		if errors.Is(err, io.EOF) {
			break
		}
		if at := template.FindIndex(f.Text); at != nil && (err != nil || helmName.Match(f.Text)) {
			line := 1 + bytes.Count(f.Text[:at[0]], []byte("\n"))
			return yamlAt(f, line, 1, "render it first, as in: helm template CHART > jobs.yaml", "the file is a template")
		}
		if err != nil {
			return unreadable(f, err)
		}
		if len(doc.Content) == 0 {
			continue
		}
		tree := expansion{file: f}
		root := tree.expand(doc.Content[0], 0)
		if tree.err != nil {
			return tree.err
		}
		all = append(all, resources(root, 0)...)
	}
	for _, n := range all {
		place := Place{f.Path, lineOf(n, 1)}
		if kind := scalar(member(n, "kind")); kind != "CronJob" {
			r.skip(place, "a %s: only CronJobs are read", cmp.Or(kind, "document without a kind"))
			continue
		}
		k := &cronJob{r: r, root: n, job: &Job{From: place, ID: scalar(member(n, "metadata", "name"))}, beside: all}
		k.read()
	}
	return nil
}

// resources returns a resource, or those of a list.
func resources(n *yaml.Node, depth int) (all []*yaml.Node) {
	if !strings.HasSuffix(scalar(member(n, "kind")), "List") || depth >= 3 {
		return []*yaml.Node{n}
	}
	for _, item := range items(member(n, "items")) {
		all = append(all, resources(item, depth+1)...)
	}
	return all
}

// cronJob is a CronJob that is read.
type cronJob struct {
	r         *reader
	job       *Job
	root      *yaml.Node
	container *yaml.Node
	beside    []*yaml.Node // all resources of the file
}

func (k *cronJob) read() {
	j, spec := k.job, member(k.root, "spec")
	pod := member(spec, "jobTemplate", "spec", "template", "spec")
	containers := items(member(pod, "containers"))
	if len(containers) == 0 {
		k.r.skip(j.From, "no container")
		return
	}
	k.container = containers[0]
	k.schedule(spec)
	k.command()
	if j.get("command") == nil {
		k.r.skip(j.From, "no command: it runs what is in the image %s", shortened(scalar(member(k.container, "image"))))
		return
	}
	for _, name := range []string{"description", "kubernetes.io/description"} {
		j.describe(scalar(member(k.root, "metadata", "annotations", name)))
	}
	k.environment()
	k.policies(spec)
	k.image()
	k.rest(pod, containers)
	k.r.add(*j)
}

// schedule sets when the job runs. Other than in cron, a day field of */n is a
// restriction, so that day or weekday is enough.
func (k *cronJob) schedule(spec *yaml.Node) {
	n := member(spec, "schedule")
	text, line := strings.Join(strings.Fields(scalar(n)), " "), lineOf(n, k.job.From.Line)
	zone := scalar(member(spec, "timeZone"))
	if m := zonePrefix.FindStringSubmatch(text); m != nil {
		zone, text = cmp.Or(zone, m[1]), m[2]
	}
	if m := everyForm.FindStringSubmatch(text); m != nil {
		k.job.spaced(line, m[1])
		return
	}
	fields := strings.Fields(plainCron(text))
	if len(fields) == 5 && fields[2] != "*" && fields[4] != "*" {
		fields[2] = starStep.ReplaceAllString(fields[2], "1-31/$1")
		fields[4] = starStep.ReplaceAllString(fields[4], "0-6/$1")
	}
	if len(fields) == 5 {
		text = strings.Join(fields, " ")
	}
	if !k.job.timed(text) {
		zone = ""
	}
	k.job.cron(line, zone, text)
	if k.job.timed(text) && zone == "" {
		k.job.kept(line, "times in UTC, which is the time zone of most clusters")
	}
	if comment := strings.TrimSpace(strings.TrimLeft(sideComment(n), "# ")); comment != "" && withoutSecrets(comment) == comment {
		for i := range k.job.keys {
			if name := k.job.keys[i].name; name == "cron" || name == "every" {
				k.job.keys[i].comment = printable(comment)
			}
		}
	}
}

// sideComment returns the comment beside a value.
func sideComment(n *yaml.Node) string {
	if n == nil {
		return ""
	}
	return n.LineComment
}

var (
	zonePrefix    = pattern.New(`^(?:CRON_)?TZ=(\S+) (.+)$`)
	starStep      = pattern.New(`^\*/(\d+)$`)
	kubeReference = pattern.New(`\$\$\(|\$\(([A-Za-z_]\w*)\)`)
)

// word writes a word of a command of Kubernetes for a shell: $(NAME) is a variable.
func (k *cronJob) word(text string) string {
	return expanding(text, kubeReference, func(found string) string {
		if found == "$$(" {
			return `\$(`
		}
		return "${" + strings.Trim(found, "$()") + "}"
	})
}

// command sets what the container runs.
func (k *cronJob) command() {
	own, args := items(member(k.container, "command")), items(member(k.container, "args"))
	first := own
	if len(own) == 0 {
		first = args
	}
	if len(first) == 0 {
		return
	}
	line := lineOf(first[0], k.job.From.Line)
	if len(own) == 0 && !pythonImage.MatchString(scalar(member(k.container, "image"))) {
		k.job.glue(line, "write the image's own entrypoint before the command, if it has one: only args are in the file")
	}
	var words []string
	for _, n := range slices.Concat(own, args) {
		words = append(words, k.word(scalar(n)))
	}
	if all := slices.Concat(own, args); len(all) == 3 && shells[path.Base(scalar(all[0]))] && dashC.MatchString(scalar(all[1])) && !strings.ContainsAny(scalar(all[2]), "\x00") {
		text := strings.TrimSpace(referenceInShell(scalar(all[2])))
		text = k.r.fit(k.job, line, text, k.folder())
		k.job.set("command", text)
		if !strings.Contains(scalar(all[1]), "e") && !strings.Contains(text, "set -e") {
			k.job.goesOn(line, text, "the container's shell")
		}
	} else {
		k.job.set("command", k.r.fit(k.job, line, strings.Join(words, " "), k.folder()))
	}
	k.job.kept(line, "command")
}

var (
	shells         = map[string]bool{"sh": true, "bash": true, "ash": true, "dash": true}
	dashC          = pattern.New(`^-\w*c$`)
	kubernetesName = pattern.New(`\$\(([A-Z_][A-Z0-9_]*)\)`)
)

// referenceInShell writes $(NAME) of Kubernetes as a variable of the shell, where it is
// no command.
func referenceInShell(text string) string {
	return kubernetesName.ReplaceAllString(text, "$${$1}")
}

func (k *cronJob) folder() string { return scalar(member(k.container, "workingDir")) }

// number returns a whole number, -1 for none.
func (k *cronJob) number(n *yaml.Node) int {
	value, err := strconv.Atoi(scalar(n))
	if err != nil {
		return -1
	}
	return value
}

// policies sets what the CronJob and its Job say about time limits and attempts.
func (k *cronJob) policies(spec *yaml.Node) {
	j, job := k.job, member(spec, "jobTemplate", "spec")
	at := func(n *yaml.Node) int { return lineOf(n, j.From.Line) }
	if n := member(spec, "suspend"); scalar(n) == "true" {
		j.set("enabled", false)
		j.kept(at(n), "suspend")
	}
	switch n := member(spec, "concurrencyPolicy"); scalar(n) {
	case "Forbid":
		j.kept(at(n), "concurrencyPolicy Forbid: two runs of a job never overlap, the later one waits")
	case "Replace":
		j.glue(at(n), "set a timeout that is shorter than the time between two runs: concurrencyPolicy Replace ended the earlier one")
	case "Allow":
		j.glue(at(n), "check that the later of two runs may wait: concurrencyPolicy Allow let them overlap")
	}
	if n := member(spec, "startingDeadlineSeconds"); k.number(n) > 0 {
		d := time.Duration(k.number(n)) * time.Second
		limited := min(max(d.Round(time.Minute), 15*time.Minute), 30*24*time.Hour)
		j.set("expires", lengthOf(limited))
		if limited != d {
			j.kept(at(n), "startingDeadlineSeconds: %s, GitHub starts workflows late", lengthOf(limited))
		} else {
			j.kept(at(n), "startingDeadlineSeconds")
		}
	}
	for _, n := range []*yaml.Node{member(job, "activeDeadlineSeconds"), member(job, "template", "spec", "activeDeadlineSeconds")} {
		if k.number(n) > 0 {
			j.limit(at(n), scalar(n))
		}
	}
	if n := member(job, "backoffLimit"); k.number(n) >= 0 {
		attempts := min(k.number(n)+1, 10)
		if attempts > 1 {
			j.set("attempts", attempts)
		}
		j.kept(at(n), "backoffLimit: %d in all", attempts)
	} else {
		j.glue(at(job), "set attempts if a failed run should be repeated: Kubernetes does so 6 times by default")
	}
	for _, name := range []string{"parallelism", "completions"} {
		if n := member(job, name); k.number(n) > 1 {
			j.lost(at(n), "%s: a job runs once at a time", name)
		}
	}
	for _, name := range []string{"successfulJobsHistoryLimit", "failedJobsHistoryLimit"} {
		if n := member(spec, name); n != nil {
			j.kept(at(n), "%s: GitHub keeps the runs", name)
		}
	}
	if n := member(job, "ttlSecondsAfterFinished"); n != nil {
		j.kept(at(n), "ttlSecondsAfterFinished: GitHub keeps the runs")
	}
}

var pythonImage = pattern.New(`^(?:docker\.io/)?(?:library/)?python:(3\.\d+)(?:[.-].*)?$`)

// image tells what to do about the image. That of Python itself is a version to set up.
func (k *cronJob) image() {
	n := member(k.container, "image")
	line := lineOf(n, k.job.From.Line)
	if m := pythonImage.FindStringSubmatch(scalar(n)); m != nil {
		k.job.set("python", m[1])
		k.job.kept(line, "image: Python %s", m[1])
		return
	}
	k.job.glue(line, "install what the image %s has besides the repository, in before or prepare, or set it as container", shortened(scalar(n)))
}

func shortened(s string) string {
	return fmt.Sprintf("%.100s", cmp.Or(withoutSecrets(s), "without a name"))
}

// ofPod say what becomes of the keys of a pod and of a container.
var ofPod = map[string]func(j *Job, line int, key string){
	"initContainers":                keyGlue("run in before or prepare what initContainers do"),
	"serviceAccountName":            keyGlue("give the job what the service account may do in the cluster"),
	"serviceAccount":                keyGlue("give the job what the service account may do in the cluster"),
	"nodeSelector":                  keyGlue("set runs-on if the job needs a certain machine: it had a nodeSelector"),
	"affinity":                      keyGlue("set runs-on if the job needs a certain machine: it had an affinity"),
	"tolerations":                   keyKept("the runner is GitHub's"),
	"resources":                     keyKept("a runner has 4 cores and 16 GB, or more with runs-on"),
	"restartPolicy":                 keyKept("attempts repeat what failed"),
	"imagePullSecrets":              keyGlue("log in to the registry in container, if you set the image as container"),
	"imagePullPolicy":               keyKept("the code is that of the repository"),
	"securityContext":               keyKept("each run has a machine of its own"),
	"terminationGracePeriodSeconds": keyKept("a run that ends has ten seconds"),
	"priorityClassName":             keyKept("each run has a machine of its own"),
	"automountServiceAccountToken":  keyKept("there is no cluster here"),
	"hostNetwork":                   keyLost("there is no cluster here"),
	"hostPID":                       keyLost("there is no cluster here"),
	"hostAliases":                   keyGlue("add the hostAliases to /etc/hosts in before"),
	"dnsPolicy":                     keyKept("there is no cluster here"),
	"dnsConfig":                     keyKept("there is no cluster here"),
	"lifecycle":                     keyLost("before and after can do the same"),
	"livenessProbe":                 keyKept("timeout ends a run that hangs"),
	"readinessProbe":                keyKept("a job serves nothing"),
	"startupProbe":                  keyKept("a job serves nothing"),
	"terminationMessagePath":        keyKept("the log of the run has it"),
	"terminationMessagePolicy":      keyKept("the log of the run has it"),
	"schedulerName":                 keyKept("there is no cluster here"),
	"enableServiceLinks":            keyKept("there is no cluster here"),
	"ports":                         keyLost("a job serves nothing"),
	"tty":                           keyKept("a run has no terminal"),
	"stdin":                         keyKept("a run has no terminal"),
}

func keyKept(why string) func(*Job, int, string) {
	return func(j *Job, line int, key string) { j.kept(line, "%s: %s", key, why) }
}
func keyGlue(what string) func(*Job, int, string) {
	return func(j *Job, line int, _ string) { j.glue(line, "%s", what) }
}
func keyLost(why string) func(*Job, int, string) {
	return func(j *Job, line int, key string) { j.lost(line, "%s: %s", key, why) }
}

// rest tells what becomes of the other keys of the pod and its container.
func (k *cronJob) rest(pod *yaml.Node, containers []*yaml.Node) {
	j := k.job
	for _, n := range containers[1:] {
		j.lost(lineOf(n, j.From.Line), "the container %s beside it: it can be declared in services", scalar(member(n, "name")))
	}
	for _, n := range items(member(pod, "volumes")) {
		k.volume(n)
	}
	for _, p := range slices.Concat(members(pod), members(k.container)) {
		switch tell := ofPod[p.key.Value]; {
		case tell != nil:
			tell(j, lineOf(p.key, j.From.Line), p.key.Value)
		case slices.Contains([]string{"containers", "volumes", "volumeMounts", "name", "image", "command", "args", "env", "envFrom", "workingDir", "activeDeadlineSeconds"}, p.key.Value):
		default:
			j.glue(lineOf(p.key, j.From.Line), "check whether the job needs %s", shortened(p.key.Value))
		}
	}
}

// volume tells what becomes of a volume, and of what it has.
func (k *cronJob) volume(n *yaml.Node) {
	j, line, name := k.job, lineOf(n, k.job.From.Line), scalar(member(n, "name"))
	var mounts []string
	for _, m := range items(member(k.container, "volumeMounts")) {
		if scalar(member(m, "name")) == name {
			mounts = append(mounts, scalar(member(m, "mountPath")))
		}
	}
	where := strings.Join(mounts, ", ")
	for _, p := range members(n) {
		switch kind := p.key.Value; kind {
		case "name":
		case "emptyDir":
			j.kept(line, "volume %s: each run has a disk of its own", name)
		case "secret", "configMap", "projected":
			j.glue(line, "write the files in %s in prepare, from secrets or from the repository: they were of a %s", where, kind)
		default:
			j.lost(line, "volume %s: what is in %s does not stay from run to run; commit, artifacts or cache can keep it", name, where)
		}
	}
}
