"""The platform's own part of the panel: its logo and colours, the buttons of companies, the links at the foot."""

from typing import TYPE_CHECKING

from nbauth.core import color
from nbauth.core.color import Color
from nbauth.widgets.screens import ActionView, Agreement, Asked, LinkView

if TYPE_CHECKING:
    from nbauth.appearance import Appearance
    from nbauth.companies import Company

_LIGHT, _DARK = color.read("#f3f3f3"), color.read("#2b2b2b")
"""The surfaces of front ends that are hardest to stand out from: the darkest light and the lightest dark one."""


def of_page(appearance: "Appearance") -> dict[str, object]:
    """Return what a page needs beside its screens: the title, the logo for each kind of theme, and colours by name."""
    return {
        "title": appearance.title,
        "logo": appearance.logo or appearance.logo_dark,
        "logo_dark": appearance.logo_dark or appearance.logo,
        "colors": _colors(color.read(appearance.accent_color)) if appearance.accent_color else {},
    }


def companies(asked: Asked) -> list[ActionView]:
    """Return a button for each company."""
    return [company_button(asked, company) for company in asked.companies]


def company_button(asked: Asked, company: "Company") -> ActionView:
    """Return the button that leads to a company's own sign-in."""
    return {
        "action": "company",
        "item": company.provider,
        "label": asked.words("sign_in.company", company=isolated(company.label)),
        "waiting": asked.words("sign_in.company_waiting", company=isolated(company.label)),
    }


def foot(asked: Asked, *, terms: bool = True) -> list[LinkView]:
    """Return the links to help and to what is promised.

    Args:
        asked: What the screen is drawn from.
        terms: Whether the terms are to be among them.
    """
    look, words = asked.look, asked.words
    links: list[LinkView] = [
        {"label": look.help_label or words("looks.help"), "href": look.help_url},
        {"label": words("looks.terms"), "href": look.terms_url if terms else ""},
        {"label": words("looks.privacy"), "href": look.privacy_url},
    ]
    return [link for link in links if link["href"]]


def agreement(asked: Asked) -> Agreement | None:
    """Return what somebody agrees to who makes an account; None where there are no terms."""
    if not asked.look.terms_url:
        return None
    before, _, rest = asked.words("sign_up.terms").partition("[")
    label, _, after = rest.partition("]")
    return {"before": before, "label": label, "href": asked.look.terms_url, "after": after}


def isolated(name: str) -> str:
    """Return a name that does not turn the text around it, whichever way it is written itself (UAX #9, FSI and PDI)."""
    return f"\u2068{name}\u2069"


def _colors(accent: Color) -> dict[str, str]:
    text = color.text_on(accent)
    away = color.BLACK if text == color.WHITE else color.WHITE
    named = {
        "accent": accent,
        "accent-hover": color.mixed(accent, away, 0.12),
        "accent-text": text,
        "edge-on-light": color.edge_on(_LIGHT, accent),
        "edge-on-dark": color.edge_on(_DARK, accent),
    }
    return {name: color.written(value) for name, value in named.items()}
