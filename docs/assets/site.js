// The theme's search has no name for a screen reader.
document.querySelector("[data-md-component=search]").setAttribute("aria-label", "Search");

// A table that is wider than its place can be scrolled by the keyboard.
new ResizeObserver(() => {
  for (const wrap of document.querySelectorAll(".md-typeset__scrollwrap")) {
    if (wrap.scrollWidth > wrap.clientWidth) wrap.tabIndex = 0;
    else wrap.removeAttribute("tabindex");
  }
}).observe(document.body);
