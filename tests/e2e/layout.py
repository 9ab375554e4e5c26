"""What of WCAG 2.2 AA can be measured on a part of a page and axe-core does not measure."""

from playwright.sync_api import Locator

# Whether the cursor is there; whether that can be seen; and whether it comes later on the page than where it is now.
CURSOR = """(node) => {
    const active = document.activeElement;
    const style = getComputedStyle(node.closest('.nbauth-control:has(input:focus-within)') ?? node);
    return {
        here: node === active,
        seen: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 1,
        later: Boolean(active.compareDocumentPosition(node) & Node.DOCUMENT_POSITION_FOLLOWING),
    };
}"""

LAYOUT = """(part) => {
    const at = (node) => node.getBoundingClientRect();
    const hidden = '.nbauth-aside, .nbauth-aside *, [popover], [popover] *';
    const nodes = [...part.querySelectorAll('*')].filter((node) => node.checkVisibility() && !node.matches(hidden));
    const stops = nodes.filter((node) => node.tabIndex >= 0);
    const found = {
        'stands out': nodes.filter((node) => at(node).left < at(part).left - 1 || at(node).right > at(part).right + 1),
        'is cut off': nodes.filter((node) =>
            node.clientWidth && node.scrollWidth > node.clientWidth + 1 && !node.matches('input')),
        'is hard to hit': stops.filter((node) => {
            const { width, height } = at(node.closest('label') ?? node);
            return Math.min(width, height) < 24;
        }),
        'is come to too late': stops.slice(1).filter((node, index) => {
            const [here, before] = [at(node), at(stops[index])];
            return here.bottom <= before.top || (here.top < before.bottom && here.right <= before.left);
        }),
    };
    return Object.entries(found).flatMap(([problem, nodes]) =>
        nodes.map((node) => `${problem}: ${node.outerHTML.slice(0, 200)}`));
}"""


def complaints(part: Locator) -> list[str]:
    """Look for what does not fit in (1.4.10), is hard to hit (2.5.8) or not where the keys go next (2.4.3)."""
    found: list[str] = part.evaluate(LAYOUT)
    return found
