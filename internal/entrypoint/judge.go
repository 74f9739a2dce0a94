package entrypoint

import (
	"fmt"
	"slices"
	"strings"
)

// judgeAll returns the verdict on everything that a name may be. It is a problem only
// if each of them is one, and proven only if each of them is.
func (w *walk) judgeAll(things []found) Verdict {
	var verdicts []Verdict
	refused := 0
	for _, f := range things {
		v := w.judge(f)
		if v.Problem != "" {
			refused++
		}
		verdicts = append(verdicts, v)
	}
	best := 0
	for i, v := range verdicts {
		if rank(v) < rank(verdicts[best]) {
			best = i
		}
	}
	v := verdicts[best]
	if v.Problem == "" && v.Unknown == "" && refused > 0 {
		v.Unknown = "a condition decides what it is, and not every choice can be called"
	}
	return v
}

// rank orders verdicts: proven, open, refused.
func rank(v Verdict) int {
	switch {
	case v.Problem != "":
		return 2
	case v.Unknown != "":
		return 1
	}
	return 0
}

func (w *walk) judge(f found) Verdict {
	if f.settled != nil {
		return *f.settled
	}
	if f.binding == nil {
		return Verdict{Problem: fmt.Sprintf("%q is a module, which is not callable", f.in.name), Hint: "name a function in it", File: f.in.shown}
	}
	v := Verdict{File: f.in.shown, Line: f.binding.Line, Doc: f.binding.Doc}
	switch f.binding.Kind {
	case aFunction:
		w.function(f, &v)
	case aClass:
		w.class(f, &v)
	case aLiteral:
		w.refuse(&v, "name a function", "is a value, which is not callable")
	default:
		v.Unknown = fmt.Sprintf("only a run shows what is assigned to %q", f.binding.Name)
	}
	if m := w.read(f.in); v.Problem != "" && (m.Dynamic || m.Registers && f.binding.Kind == aLiteral) {
		return Verdict{Unknown: fmt.Sprintf("module %q may assign %q again when it runs", f.in.name, f.binding.Name), File: v.File, Line: v.Line}
	}
	return v
}

// refuse writes the problem that the entrypoint has at its definition.
func (w *walk) refuse(v *Verdict, hint, format string, args ...any) {
	v.Problem = fmt.Sprintf("%s:%d: %q ", v.File, v.Line, w.target) + fmt.Sprintf(format, args...)
	v.Hint = hint
}

// plain are the decorators that do not change how a function is called.
var plain = []string{"lru_cache", "cache", "override", "final", "no_type_check", "deprecated"}

// function gives the verdict on a function, or on a method as an attribute of its
// class.
func (w *walk) function(f found, v *Verdict) {
	takes, method := f.binding.Parameters, f.member
	for _, decorator := range f.binding.Decorators {
		switch last := decorator[strings.LastIndexByte(decorator, '.')+1:]; {
		case slices.Contains(plain, last):
		case decorator == "staticmethod":
			method = false
		case decorator == "classmethod":
			takes, method = takes[min(1, len(takes)):], false
		case f.member && (last == "property" || last == "cached_property"):
			w.refuse(v, "name a function", "is a property, which is not callable")
			return
		default:
			v.Unknown = fmt.Sprintf("the decorator %q decides how it is called", decorator)
			return
		}
	}
	misfit, key := bind(takes, w.given)
	switch {
	case method && len(needed(takes)) > 0:
		w.refuse(v, "make it a classmethod or staticmethod, or name a function that makes the object and calls it",
			"is a method, and there is no object to call it on")
	case misfit != "" && w.given.none():
		w.refuse(v, "set args or kwargs, give each a default, or name a function that passes them", "%s", misfit)
	case misfit != "":
		v.Key = key
		w.refuse(v, "change args, kwargs or pass-context, or the function", "%s", misfit)
	case f.binding.Generator && f.binding.Async:
		w.refuse(v, "name a coroutine function that loops over it", "is an asynchronous generator: calling it runs none of its code")
	case f.binding.Generator:
		w.refuse(v, "name a function that loops over it", "is a generator: calling it runs none of its code")
	}
}

// class gives the verdict on a class.
func (w *walk) class(f found, v *Verdict) {
	awaitable, mayBe := w.offers(f, "__await__")
	maker, mayMake := w.offers(f, "__new__")
	switch {
	case awaitable:
		return // it is awaited after the call
	case maker || mayBe || mayMake:
		v.Unknown = fmt.Sprintf("only a run shows what calling the class %q does", f.binding.Name)
		return
	}
	hint := "name a function, or a classmethod or staticmethod of it"
	if _, ok := first(f.binding.Body, "__call__"); ok {
		hint = "make an object of it in the module, and name that"
	}
	if constructor, ok := first(f.binding.Body, "__init__"); ok && len(needed(constructor.Parameters)) > 1 {
		w.refuse(v, hint, "is a class, which takes required arguments: %s", strings.Join(needed(constructor.Parameters)[1:], ", "))
		return
	}
	w.refuse(v, hint, "is a class, not a function")
}

func isDataclass(decorator string) bool {
	return decorator == "dataclass" || decorator == "dataclasses.dataclass"
}
