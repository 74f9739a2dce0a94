package pyproject

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/BurntSushi/toml"
)

// form is a part of a JSON schema.
type form map[string]any

// Schema returns the JSON schema, of draft 2020-12, of [tool.scheduled-actions], in ASCII.
// It accepts whatever Load accepts, and refuses what can be told without the rest of the
// file. Dates and times are strings in it, as TOML becomes JSON.
func Schema() []byte {
	var b bytes.Buffer
	out := json.NewEncoder(&b)
	out.SetEscapeHTML(false)
	out.SetIndent("", "  ")
	if err := out.Encode(schema()); err != nil {
		panic(err) // maps, lists, texts and numbers
	}
	var ascii bytes.Buffer
	for _, r := range b.String() {
		if r < 0x80 {
			ascii.WriteRune(r)
		} else {
			fmt.Fprintf(&ascii, `\u%04x`, r) // all are below U+10000
		}
	}
	return ascii.Bytes()
}

func schema() form {
	defs := form{"job": jobForm(), "hosted": hostedForm(), "unrescued": unrescuedForm(), "variable": variableName()}
	properties := form{"jobs": form{
		"description":          "options of single jobs, by job id, and jobs that are declared whole",
		"type":                 "object",
		"propertyNames":        text(),
		"additionalProperties": ref("job"),
	}}
	for i := range options {
		o := &options[i]
		defs[o.name] = o.schema()
		if !o.single {
			properties[o.name] = ref(o.name)
		}
	}
	return form{
		"$schema":              "https://json-schema.org/draft/2020-12/schema",
		"title":                "[" + optionsTable + "] of pyproject.toml",
		"description":          "options of scheduled jobs",
		"type":                 "object",
		"properties":           properties,
		"additionalProperties": false,
		"allOf": append(inheritedRules(),
			servedOnly(),
			form{"if": form{"not": has("executor", form{"const": "serve"})},
				"then": inJobs(ref("hosted"))},
			form{"if": form{"allOf": []form{has("rescue", form{"const": false}), {"not": has("executor", form{"const": "serve"})}}},
				"then": inJobs(ref("unrescued"))},
			form{"if": form{"allOf": []form{has("rescue", form{"const": false}), has("webhook", form{"minLength": 1}), {"not": has("executor", form{"const": "serve"})}}},
				"then": inJobs(hasAny("webhook", "executor"))},
			form{"if": has("rescue", form{"const": false}), "then": form{"not": has("pacemaker", form{"const": "environment"})}},
			form{"if": has("rescue", form{"const": false}), "then": form{"not": has("pages", form{"enum": []any{true, AllProjects}})}},
		),
		"$defs": defs,
	}
}

// schema returns the schema of the option's value.
func (o *option) schema() form {
	f := maps.Clone(o.form())
	f["description"] = o.meaning + "; default: " + o.fallback
	var document map[string]any
	if _, err := toml.Decode("x = "+o.example, &document); err != nil {
		panic("pyproject: example of " + o.name + ": " + err.Error())
	}
	f["examples"] = []any{AsJSON(document["x"])}
	return f
}

// AsJSON returns a value of the toml package as editors hand it to a schema: with dates and
// times as TOML has them, in strings.
func AsJSON(value any) any {
	switch value := value.(type) {
	case time.Time:
		if form := clocks[value.Location().String()]; form != "" {
			return value.Format(form)
		}
		return value.Format(time.RFC3339Nano)
	case map[string]any:
		object := make(map[string]any, len(value))
		for key, member := range value {
			object[key] = AsJSON(member)
		}
		return object
	case []map[string]any:
		list := make([]any, 0, len(value))
		for _, element := range value {
			list = append(list, AsJSON(element))
		}
		return list
	case []any:
		list := make([]any, 0, len(value))
		for _, element := range value {
			list = append(list, AsJSON(element))
		}
		return list
	}
	return value
}

func ref(name string) form { return form{"$ref": "#/$defs/" + name} }

// has returns a condition: the key is there, and its value is of that form.
func has(key string, value form) form {
	return form{"required": []string{key}, "properties": form{key: value}}
}

// hasAny is the condition that one of the keys is there.
func hasAny(keys ...string) form {
	var any []form
	for _, key := range keys {
		any = append(any, form{"required": []string{key}})
	}
	return form{"anyOf": any}
}

// hasOne is the condition that just one of the keys is there.
func hasOne(keys ...string) form { return form{"oneOf": hasAny(keys...)["anyOf"]} }

// forbidding is the condition that none of the keys is there.
func forbidding(keys ...string) form {
	properties := form{}
	for _, key := range keys {
		properties[key] = false
	}
	return form{"properties": properties}
}

func inJobs(f form) form {
	return form{"properties": form{"jobs": form{"additionalProperties": f}}}
}

// servedOnly refuses what counts on GitHub only in a table that leaves its jobs to serve.
func servedOnly() form {
	properties := form{}
	for _, o := range onGitHub {
		properties[o.key] = form{"maxItems": 0, "maxProperties": 0}
	}
	properties["container"] = false
	return form{"if": has("executor", form{"const": "serve"}), "then": form{"properties": properties}}
}

// jobForm is the schema of a job's table.
func jobForm() form {
	properties := form{
		"every":      everyForm(),
		"entrypoint": entrypointForm(),
	}
	whole := slices.Clone(wholeKeys)
	for i := range options {
		o := &options[i]
		if !o.shared {
			properties[o.name] = ref(o.name)
		}
		if o.whole && !slices.Contains(whole, o.name) {
			whole = append(whole, o.name)
		}
	}
	return form{
		"type":                 "object",
		"properties":           properties,
		"additionalProperties": false,
		"allOf":                append(jobRules(), form{"if": hasAny(whole...), "then": form{"allOf": []form{hasOne("every", "cron", "run-at"), hasOne("entrypoint", "command")}}}),
	}
}

// jobRules are what the keys of one job say about each other.
func jobRules() []form {
	elapsed := has("every", form{"pattern": `(minute|hour)s?$`})
	all := has("catch-up", form{"const": "all"})
	cancels := has("overlap", form{"const": "cancel"})
	return []form{
		servedOnly(),
		{"if": hasAny("command"), "then": forbidding(ofCallables...)},
		{"if": form{"anyOf": []form{hasAny("cron", "run-at"), elapsed}}, "then": forbidding("at")},
		{"if": hasAny("count"), "then": form{"allOf": []form{hasAny("start"), forbidding("until")}}},
		{"if": cancels, "then": form{"allOf": []form{forbidding("lock"), {"not": all}}}},
		{"if": all, "then": form{"not": short()}},
	}
}

// short is the condition of windows of less than an hour.
func short() form { return has("every", form{"pattern": `^(0*[1-9] |0*[1-5][0-9] )?minutes?$`}) }

// inheritedRules are what the options of all jobs and those of one say about each other.
func inheritedRules() []form {
	cancels := has("overlap", form{"const": "cancel"})
	onlyHere := servedOnly()["then"].(form)
	return []form{
		{"if": has("catch-up", form{"const": "all"}),
			"then": inJobs(form{"if": form{"anyOf": []form{short(), cancels}}, "then": hasAny("catch-up")})},
		{"if": hasAny("lock"), "then": inJobs(form{"not": cancels})},
		{"if": has("executor", form{"const": "serve"}), "then": inJobs(form{"if": form{"not": hasAny("executor")}, "then": onlyHere})},
	}
}

// hostedForm is what holds for jobs that GitHub runs unless they say otherwise.
func hostedForm() form {
	often := has("every", form{"pattern": `^(0*[1-4] )?minutes?$`})
	return form{"if": often, "then": form{"anyOf": []form{has("executor", form{"const": "serve"}), has("enabled", form{"const": false})}}}
}

// unrescuedForm is what holds for jobs without a rescue, which tells their webhook.
func unrescuedForm() form {
	return form{"if": has("webhook", form{"minLength": 1}), "then": has("executor", form{"const": "serve"})}
}
