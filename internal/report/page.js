"use strict";
// Filters, arrow keys and taps, and a live page that renews itself. Without them the page
// still has all its contents.
(() => {
  const all = (selector, from = document) => [...(from.matches?.(selector) ? [from] : []), ...from.querySelectorAll(selector)];
  const rows = () => all("tr[data-job]");
  const cells = (row) => all("td[data-state]", row);
  const target = (cell) => cell.firstElementChild;
  const form = () => document.querySelector(".filters");
  const fields = () => ["text", "group", "state"].map((name) => form().elements[name]).filter(Boolean);

  const filter = () => {
    if (!form()) return;
    const at = (name) => form().elements[name]?.value ?? "";
    const words = at("text").toLowerCase().split(/\s+/).filter(Boolean);
    const group = at("group"), state = CSS.escape(at("state").slice(1));
    let shown = 0;
    for (const row of rows()) {
      const text = (row.dataset.job + " " + row.querySelector("th").textContent).toLowerCase();
      row.hidden = !(
        words.every((word) => text.includes(word)) &&
        (!group || "=" + row.dataset.group === group) &&
        (!state || row.querySelector(`[data-state="${state}"], [data-now="${state}"]`))
      );
      if (!row.hidden) shown++;
    }
    form().querySelector("output").value = `${shown} of ${rows().length} jobs`;
    document.querySelector(".none").hidden = shown > 0;
    form().querySelector("button").hidden = fields().every((field) => !field.value);
  };

  // The address keeps the filters.
  const read = () => {
    const set = new URLSearchParams(location.hash.slice(1));
    if (form()) for (const field of fields()) field.value = set.get(field.name) ?? "";
    filter();
  };
  const changed = () => {
    filter();
    const set = new URLSearchParams(fields().filter((field) => field.value).map((field) => [field.name, field.value]));
    history.replaceState(null, "", set.size ? "#" + set : location.pathname + location.search);
  };
  addEventListener("input", (event) => { if (event.target.form === form()) changed(); });
  addEventListener("reset", () => setTimeout(changed)); // the fields are empty after the event
  addEventListener("hashchange", read);

  // One stop of the Tab key a row, and arrow keys from there.
  const moves = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0], Home: [0, -1e6], End: [0, 1e6] };
  const enter = (cell) => {
    for (const other of cells(cell.parentElement)) target(other).tabIndex = -1;
    target(cell).tabIndex = 0;
    target(cell).focus();
  };
  addEventListener("keydown", (event) => {
    const cell = event.target.closest("td[data-state]"), move = moves[event.key];
    if (!cell || !move) return;
    event.preventDefault();
    const seen = rows().filter((row) => !row.hidden), own = cells(cell.parentElement);
    const row = seen[Math.max(0, Math.min(seen.length - 1, seen.indexOf(cell.parentElement) + move[0]))];
    const there = cells(row), back = own.length - own.indexOf(cell) - move[1]; // from the newest, at the right
    const next = there[Math.max(0, Math.min(there.length - 1, there.length - back))];
    if (next) enter(next);
  });

  // The text of a window is above its row where there is no room below it.
  const room = 96; // pixels: four lines of it
  for (const name of ["pointerover", "focusin"]) {
    addEventListener(name, (event) => {
      const row = event.target.closest?.("tr[data-job]");
      row?.classList.toggle("above", row.getBoundingClientRect().bottom + room > innerHeight);
    });
  }

  // The first tap shows what a window is, the second one opens its run.
  let tapped = null, before = null;
  addEventListener("pointerdown", (event) => {
    before = tapped;
    tapped = event.pointerType === "touch" ? event.target.closest("td[data-state] > a") : null;
  });
  addEventListener("click", (event) => {
    const window = event.target.closest("td[data-state] > a");
    if (window && window === tapped && window !== before) event.preventDefault();
  });

  // dress adds to a new part of the page what only a script can.
  const dress = (part) => {
    for (const filters of all(".filters", part)) filters.hidden = false;
    for (const row of all("tr[data-job]", part)) cells(row).forEach((cell, i, own) => { target(cell).tabIndex = i === own.length - 1 ? 0 : -1; });
    for (const time of all("time", part)) time.title = new Date(time.dateTime).toLocaleString();
  };

  // A live page: the parts of it that have changed are replaced, with what a person has opened
  // and focused in them.
  const came = new WeakMap(); // the HTML of each part, before it was dressed
  const inner = "body, main, table, tbody, [aria-labelledby=windows]"; // have parts
  const key = (part) => part.id || part.getAttribute("aria-labelledby") || part.className || part.localName;
  const note = (part) => {
    if (part.matches(inner)) for (const child of part.children) note(child);
    else came.set(part, part.outerHTML);
  };
  const replace = (old, part) => {
    const open = all("details", old).map((details) => details.open);
    const stops = (from) => all("a, button, input, select, summary, [tabindex]", from);
    const focus = document.activeElement, at = stops(old).indexOf(focus);
    note(part);
    dress(part);
    old.replaceWith(part);
    all("details", part).forEach((details, i) => { details.open = open[i] ?? details.open; });
    if (at < 0) return;
    const stop = stops(part).find((stop) => stop.textContent === focus.textContent) ?? stops(part)[at];
    const cell = stop?.closest("td[data-state]");
    if (cell) enter(cell); else stop?.focus({ preventScroll: true });
  };
  const renew = (place, fresh) => {
    const kept = new Set([...fresh.children].map(key));
    for (const part of [...place.children]) if (!kept.has(key(part))) part.remove();
    const old = new Map([...place.children].map((part) => [key(part), part]));
    let at = place.firstElementChild;
    for (const part of [...fresh.children]) {
      const own = old.get(key(part));
      if (own !== at || !own) {
        place.insertBefore(own ?? part, at);
        if (!own) { note(part); dress(part); continue; }
      } else {
        at = at.nextElementSibling;
      }
      if (part.matches(inner)) renew(own, part);
      else if (came.get(own) !== part.outerHTML) replace(own, part);
    }
  };

  const status = document.querySelector(".status"); // only a live page has one
  let told = 0;
  const say = (text, kind = "") => { status.textContent = text; status.dataset.kind = kind; told = Date.now(); };
  let heard = Date.now(), asked = heard, asking = false;
  const ask = async () => {
    if (asking) return;
    asking = true, asked = Date.now();
    try {
      const answer = await fetch(location.pathname + location.search, { headers: { Accept: "text/html" }, signal: AbortSignal.timeout(60_000) });
      if (!answer.ok) throw new Error();
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
      const code = (page) => all("style, script", page).map((part) => part.textContent).join();
      if (code(fresh) !== code(document)) return location.reload(); // of another version
      document.title = fresh.title;
      document.querySelector("link[rel=icon]").href = fresh.querySelector("link[rel=icon]").getAttribute("href");
      renew(document.body, fresh.body);
      heard = Date.now();
      read();
      if (status.dataset.kind === "gone" || Date.now() > told + 10_000) say("");
    } catch {
      say(`scheduled serve has not answered since ${new Date(heard).toISOString().slice(11, 19)} UTC. The page shows how it was then.`, "gone");
    } finally {
      asking = false;
    }
  };
  const said = { trigger: "a run was asked for", pause: "paused", resume: "resumed" };
  const press = async (buttons, button) => {
    say("");
    const name = button.getAttribute("aria-label");
    try {
      const answer = await fetch(buttons.action, { method: "POST", headers: { Accept: "application/json" } });
      if (answer.ok) {
        const { job, action } = await answer.json();
        say(`${job || '""'}: ${said[action] ?? action}`, "done");
      } else {
        const { error, hint } = await answer.json();
        say([name + ": " + error, hint].filter(Boolean).join(". "), "failed");
      }
    } catch {
      say(name + ": scheduled serve did not answer", "failed");
    }
    for (const wait of [300, 2000]) setTimeout(ask, wait); // the loop looks at the job meanwhile
  };
  addEventListener("submit", (event) => {
    event.preventDefault();
    if (event.target !== form()) press(event.target, event.submitter);
  });
  if (status) {
    note(document.body);
    const every = () => status.dataset.every * (document.querySelector("[data-now=running]") ? 150 : 1000); // ms
    const late = () => !document.hidden && Date.now() - asked > every() && ask();
    setInterval(late, 1000);
    document.addEventListener("visibilitychange", late);
  }

  dress(document.body);
  read();
})();
