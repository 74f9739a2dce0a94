// Package e2e tests the product as its users meet it: this repository's own
// workflows, the installation that action.yml does, and generated workflows
// from the tick to the entrypoint, run by act on the machine itself against
// the fake GitHub.
//
// What takes more than Go has the build tag e2e: installation needs bash, curl
// and tar; act's program is named by the environment variable ACT. `make e2e`
// provides all of it.
package e2e
