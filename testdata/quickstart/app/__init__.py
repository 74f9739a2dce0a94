"""A project with a few jobs, nothing to install."""
