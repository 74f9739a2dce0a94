package pyproject

import (
	"maps"
	"slices"
	"strings"
)

// variableName is the name of an environment variable that a project can set.
func variableName() form {
	var taken []string
	for _, o := range ownedPrefixes {
		taken = append(taken, anyCase(o.prefix))
	}
	single := anyCase(slices.Sorted(maps.Keys(owned))...)
	return matching(variableForm).but(form{"not": form{"pattern": "^(" + strings.Join(taken, "|") + "|" + single + "$)"}})
}

// referenceForm is the name of a secret or of a repository variable.
func referenceForm() form {
	return matching(variableForm).but(form{"not": form{"pattern": "^" + anyCase("GITHUB_")}})
}

// referencesForm is a list of names, or a table of variables and names.
func referencesForm() form {
	list := listForm(ref("variable")).but(form{"uniqueItems": true})
	return form{"anyOf": []form{list, tableForm(ref("variable"), referenceForm())}}
}

// secretForm is the name of a secret that is a variable outside of Actions, or "".
func secretForm() form { return form{"anyOf": []form{{"const": ""}, ref("variable")}} }

func envForm() form { return tableForm(ref("variable"), text()) }

func permissionsForm() form {
	properties := form{}
	for scope, allowed := range scopes {
		if scope != "contents" && scope != "actions" {
			allowed = append(slices.Clone(allowed), none)
		}
		properties[scope] = form{"enum": allowed}
	}
	return keysForm(properties)
}

// notPaths is what inRepository refuses in a project at the repository's root.
const notPaths = `^$|^[!/~ ]| $|\\|^[A-Za-z]:/|[^/.][^/]*/(\./)*\.\.(/|$)|[^/]\*\*|\*\*[^/]|^(\./)*\.[gG][iI][tT](/|$)|^(\./)*\.[gG][iI][tT][hH][uU][bB]/(\./)*[wW][oO][rR][kK][fF][lL][oO][wW][sS](/|$)`

func pathForm() form {
	return text().but(form{"maxLength": longestPath, "not": form{"pattern": notPaths}})
}

func pathsForm() form { return listForm(pathForm()) }

// deliveredForm is a list of paths, or a table with paths, when and further keys.
func deliveredForm(path, further form) form {
	properties := form{"paths": filledForm(path), "when": form{"enum": whens}}
	maps.Copy(properties, further)
	return form{"anyOf": []form{listForm(path), keysForm(properties, "paths")}}
}

func commitTable() form {
	return deliveredForm(pathForm(), form{
		"message":      linesForm().but(form{"pattern": `^[^\n]{0,255}[^ \t\r\n]`, "maxLength": longestMessage}),
		"branch":       refForm().but(form{"not": form{"pattern": `^refs/|^HEAD$|(^|/)\.|\.(/|$)|\.lock(/|$)|^[0-9a-fA-F]{40}$`}}),
		"pull-request": switchForm(),
	})
}

func artifactsForm() form {
	return deliveredForm(pathForm().but(form{"not": form{"pattern": `[":<>|?]`}}), form{
		"name":           trimmed().but(form{"maxLength": longestArtifact, "not": form{"pattern": "[" + notInArtifacts + "]"}}),
		"retention-days": integerForm(1, maxRetention)(),
	})
}

// refForm is a branch, tag or commit.
func refForm() form {
	return text().but(form{"minLength": 1, "maxLength": 250, "not": form{"pattern": `^[./-]|\.\.|//|/$|^@$|[ "$&'*:;<>?\x5b-\x5e\x60{|}~]`}})
}

func checkoutForm() form {
	folder := pathForm().but(form{"not": form{"pattern": `\*|^[./]*$`}})
	return keysForm(form{
		"fetch-depth": integerForm(0, 1_000_000)(),
		"lfs":         switchForm(),
		"submodules":  form{"enum": []any{true, false, "recursive"}},
		"ref":         refForm(),
		"sparse":      filledForm(folder),
	})
}

// stepsForm is a list of the project's own steps.
func stepsForm(after bool) func() form {
	return func() form {
		properties := form{
			"name": text().but(form{"pattern": `[^ ]`, "not": form{"pattern": `^ *` + anyCase("Run") + ` *` + anyCase("entrypoint") + ` *$|^(Next run|Outcome): `}}),
			"uses": text().but(form{
				"pattern": strings.ReplaceAll(actionForm.String(), "(?:", "(") + "|" + localForm.String() + "|" + dockerForm.String(),
				"not":     form{"pattern": `/\.\.?(/|@|$)|/\.github/workflows/[^@]*@`},
			}),
			"run":  linesForm().but(form{"not": form{"pattern": deprecated.String()}}),
			"with": tableForm(matching(inputForm), form{"anyOf": []form{{"type": []string{"integer", "boolean"}}, linesOrEmpty()}}),
			"env":  envForm(),
		}
		if after {
			properties["when"] = form{"enum": whens}
		}
		checksOut := has("uses", form{"pattern": "^" + anyCase("actions/checkout") + "@"})
		step := keysForm(properties).but(form{"allOf": []form{
			hasOne("uses", "run"),
			{"if": hasAny("run"), "then": forbidding("with")},
			{"if": checksOut, "then": has("with", has("persist-credentials", form{"enum": []any{false, "false"}}))},
		}})
		line := linesForm().but(form{"not": form{"pattern": deprecated.String()}})
		return listForm(form{"anyOf": []form{line, step}})
	}
}

// linesOrEmpty is what parseLines accepts.
func linesOrEmpty() form {
	f := linesForm()
	delete(f, "pattern")
	return f
}

// boxForm is the table of a container.
func boxForm(variable form) form {
	return keysForm(form{
		"image":   imageForms(),
		"env":     tableForm(variable, text()),
		"ports":   listForm(form{"anyOf": []form{{"type": "integer", "minimum": 0, "maximum": 99999}, matching(portForm)}}),
		"volumes": listForm(matching(volumeForm)),
		"options": text().but(form{"not": form{"pattern": `^ *--(network|net|entrypoint|env|env-file)(=| |$)`}}),
	}, "image")
}

// imageForms is an image with a tag other than latest, or a digest.
func imageForms() form {
	return text().but(form{"pattern": imageForm.String(), "not": form{"pattern": `:latest$`}, "allOf": []form{{"pattern": `:[A-Za-z0-9_][A-Za-z0-9_.-]*$`}}})
}

func servicesForm() form { return tableForm(matching(serviceForm), boxForm(matching(variableForm))) }

func containerForm() form { return form{"anyOf": []form{imageForms(), boxForm(ref("variable"))}} }
