// The theme's search has no name for a screen reader.
document.querySelector("[data-md-component=search]").setAttribute("aria-label", "Search");

// A table that is wider than its place can be scrolled by the keyboard. The theme makes that
// place once the page is there.
const places = () => document.querySelectorAll(".md-typeset__scrollwrap");
const sizes = new ResizeObserver(() => {
  for (const place of places()) {
    if (place.scrollWidth > place.clientWidth) place.tabIndex = 0;
    else place.removeAttribute("tabindex");
  }
});
const watch = () => {
  for (const place of places()) for (const part of [place, ...place.querySelectorAll("table")]) sizes.observe(part);
};
new MutationObserver(watch).observe(document.body, { childList: true, subtree: true });
watch();
