"""Ranks the pages in the search of the site: mkdocs.yml names this file as a hook."""

# What people look up who use the program comes before how it is built.
BOOST = {"architecture.md": 0.2, "internals.md": 0.2, "conformance.md": 0.3, "action.md": 0.6, "alerts.md": 2, "editing.md": 2, "policies.md": 1.5}


def on_page_markdown(markdown, page, **_):
    if boost := BOOST.get(page.file.src_uri):
        page.meta["search"] = {"boost": boost}
    return markdown
