// Package e2e tests the product as its users meet it: this repository's own
// workflows, the installation that action.yml does, and generated workflows
// from the tick to the entrypoint, run by act on the machine itself against
// the fake GitHub, with the real tools that install Python packages; workflows
// that moved here, with a real browser; the workflow of `scheduled init`;
// the hooks, as pre-commit installs them; exports, as other programs read
// them; the page of `scheduled report` and the site of
// the docs, as a browser shows them.
//
// What takes more than Go has the build tag e2e: installation needs bash, curl
// and tar; the environment variables ACT, PRECOMMIT, UV, PIPX, SUPERVISORD and
// CHROMIUM name the programs of that name, UPLOAD and AXE scripts, SITE the folder of the site. `make e2e` provides all of it.
package e2e
