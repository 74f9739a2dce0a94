"use strict";
// Filters, arrow keys and taps. Without them the page still has all its contents.
(() => {
  const rows = [...document.querySelectorAll("tr[data-job]")];
  const cells = (row) => [...row.querySelectorAll("td[data-state]")];
  const form = document.querySelector(".filters");
  if (!form) return;
  const values = ["text", "group", "state"].map((name) => form.elements[name]).filter(Boolean);

  const filter = () => {
    const at = (name) => form.elements[name]?.value ?? "";
    const words = at("text").toLowerCase().split(/\s+/).filter(Boolean);
    const group = at("group"), state = at("state");
    let shown = 0;
    for (const row of rows) {
      const text = (row.dataset.job + " " + row.querySelector("th").textContent).toLowerCase();
      row.hidden = !(
        words.every((word) => text.includes(word)) &&
        (!group || "=" + row.dataset.group === group) &&
        (!state || row.querySelector(`td[data-state="${CSS.escape(state.slice(1))}"]`))
      );
      if (!row.hidden) shown++;
    }
    form.querySelector("output").value = `${shown} of ${rows.length} jobs`;
    document.querySelector(".none").hidden = shown > 0;
    const set = new URLSearchParams(values.filter((v) => v.value).map((v) => [v.name, v.value]));
    if (form.dataset.ready) history.replaceState(null, "", set.size ? "#" + set : location.pathname + location.search);
  };

  const read = () => {
    const set = new URLSearchParams(location.hash.slice(1));
    for (const v of values) v.value = set.get(v.name) ?? "";
    delete form.dataset.ready;
    filter();
    form.dataset.ready = "yes";
  };
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", filter);
  addEventListener("hashchange", read);
  form.hidden = false;
  read();

  // One stop of the Tab key a row, and arrow keys from there.
  const target = (cell) => cell.firstElementChild;
  for (const row of rows) cells(row).forEach((cell, i, all) => { target(cell).tabIndex = i === all.length - 1 ? 0 : -1; });
  const moves = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0], Home: [0, -1e6], End: [0, 1e6] };
  document.querySelector("tbody").addEventListener("keydown", (event) => {
    const cell = event.target.closest("td[data-state]"), move = moves[event.key];
    if (!cell || !move) return;
    event.preventDefault();
    const seen = rows.filter((row) => !row.hidden), own = cells(cell.parentElement);
    const row = seen[Math.max(0, Math.min(seen.length - 1, seen.indexOf(cell.parentElement) + move[0]))];
    const there = cells(row), back = own.length - own.indexOf(cell) - move[1]; // from the newest, at the right
    const next = there[Math.max(0, Math.min(there.length - 1, there.length - back))];
    if (!next) return;
    for (const other of there) target(other).tabIndex = -1;
    target(next).tabIndex = 0;
    target(next).focus();
  });

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

  for (const time of document.querySelectorAll("time")) time.title = new Date(time.dateTime).toLocaleString();
})();
