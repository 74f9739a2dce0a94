package migrate

import (
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// environment sets the variables of the container.
func (k *cronJob) environment() {
	for _, e := range items(member(k.container, "env")) {
		k.env(e)
	}
	for _, e := range items(member(k.container, "envFrom")) {
		k.envFrom(e)
	}
}

// envFrom sets the variables of a whole ConfigMap or Secret, if it is in the file.
func (k *cronJob) envFrom(e *yaml.Node) {
	j, line := k.job, lineOf(e, k.job.From.Line)
	own := map[string]bool{}
	for _, v := range items(member(k.container, "env")) {
		own[scalar(member(v, "name"))] = true
	}
	for _, p := range members(e) {
		name := scalar(member(p.value, "name"))
		if name == "" {
			continue
		}
		kind := map[string]string{"configMapRef": "ConfigMap", "secretRef": "Secret"}[p.key.Value]
		variables := k.items(kind, name)
		if len(variables) == 0 {
			j.glue(line, "declare the variables of %s %s as env, vars or secrets", strings.TrimSuffix(p.key.Value, "Ref"), name)
			continue
		}
		for _, v := range variables {
			variable := scalar(member(e, "prefix")) + v.key.Value
			switch why := unfit(variable, ""); {
			case own[variable]: // which goes before it
			case why != "":
				j.lost(line, "the variable %s %s", variable, why)
			case kind == "Secret":
				j.secret(line, variable, variable)
			default:
				k.r.env(j, line, variable, scalar(v.value))
			}
		}
		j.kept(line, "the variables of the %s %s", kind, name)
	}
}

// items returns what a ConfigMap or Secret of the file has.
func (k *cronJob) items(kind, name string) []yamlPair {
	for _, n := range k.beside {
		if kind != "" && scalar(member(n, "kind")) == kind && scalar(member(n, "metadata", "name")) == name {
			return slices.Concat(members(member(n, "data")), members(member(n, "stringData")))
		}
	}
	return nil
}

// item returns one of the items, nil if it is not there.
func (k *cronJob) item(kind, name, key string) *yaml.Node {
	for _, p := range k.items(kind, name) {
		if p.key.Value == key {
			return p.value
		}
	}
	return nil
}

// env sets a variable.
func (k *cronJob) env(e *yaml.Node) {
	name, value, line := scalar(member(e, "name")), scalar(member(e, "value")), lineOf(e, k.job.From.Line)
	from := member(e, "valueFrom")
	secret, config := member(from, "secretKeyRef"), member(from, "configMapKeyRef")
	switch {
	case secret != nil:
		of, key := scalar(member(secret, "name")), scalar(member(secret, "key"))
		k.r.secret(k.job, line, name, of+"/"+key)
		k.job.kept(line, "%s: the key %s of the secret %s", name, key, of)
	case config != nil:
		if item := k.item("ConfigMap", scalar(member(config, "name")), scalar(member(config, "key"))); item != nil {
			k.r.env(k.job, line, name, scalar(item))
			k.job.kept(line, "%s: that of the ConfigMap", name)
		} else if why := unfit(name, ""); why != "" {
			k.job.lost(line, "the variable %s %s", name, why)
		} else {
			k.job.variable(line, name)
		}
	case from != nil:
		k.job.lost(line, "%s: there is no cluster here", name)
	case kubeReference.MatchString(value):
		k.export(line, name, value)
	default:
		k.r.env(k.job, line, name, value)
	}
}

// export sets a variable that refers to others in the command, as env cannot.
func (k *cronJob) export(line int, name, value string) {
	if len(secretSpans(value)) > 0 || !assignment.MatchString(name+"=") {
		k.job.lost(line, "%s: it has a literal secret", name)
		return
	}
	command, _ := k.job.get("command").(string)
	joint := " && "
	if strings.Contains(command, "\n") {
		joint = "\n"
	}
	k.job.set("command", "export "+name+"="+k.word(value)+joint+command)
	k.job.kept(line, "%s", name)
}

// variable declares a variable of the repository.
func (j *Job) variable(line int, name string) {
	names, _ := j.get("vars").([]string)
	if !slices.Contains(names, name) {
		j.set("vars", append(slices.Clone(names), name))
	}
	j.glue(line, "set the variable %s in the repository", name)
}
