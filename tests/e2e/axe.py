"""axe-core on a part of a page: what there breaks WCAG 2.2 AA or good practice, and what only a person can judge."""

from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

PACKAGE = {"axe-core": "4.14.1"}
TAGS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
# JupyterLab's body has no height and hides what stands out of it: axe takes that for everything, and looks at nothing.
RUN = """([part, tags]) => {
    document.body.style.minHeight = '100vh';
    return axe.run({include: [part]}, {runOnly: tags, resultTypes: ['violations', 'incomplete'], preload: false});
}"""


class Axe:
    """Looks for what keeps people out."""

    def __init__(self, npm: Callable[..., Path]) -> None:
        self._npm = npm

    @cached_property
    def _script(self) -> str:
        return (self._npm("axe", PACKAGE) / "axe-core" / "axe.min.js").read_text()

    def complaints(self, page: Page, part: str = ".nbauth", *, of: str = "violations") -> list[str]:
        """Look at the parts of a page that a selector finds; `of` may be "incomplete" for what axe cannot tell."""
        if not page.evaluate("'axe' in window"):
            page.evaluate(self._script)
        found: dict[str, Any] = page.evaluate(RUN, [part, TAGS])
        nodes = [(rule["id"], node) for rule in found[of] for node in rule["nodes"]]
        return [f"{rule}: {node['html']} {node['failureSummary']}" for rule, node in nodes]
