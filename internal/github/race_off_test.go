//go:build !race

package github

const rare = 1
