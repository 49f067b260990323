"""Cards in one HTML file that needs nothing else: no network, no fonts, no scripts.

Figures go in as vectors inside ``data:`` addresses, which keeps their identifiers and styles apart;
structures go in as inline SVG. The page reads on a phone and prints on A4.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

import pandas as pd
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from campaigns.reports.cards import Card
from campaigns.reports.figures import svg


def render_html(
    cards: Sequence[Card],
    path: Path,
    *,
    title: str,
    subtitle: str = "",
    footer: Mapping[str, str] | None = None,
) -> None:
    """Write cards into one self-contained HTML file, whole or not at all.

    Args:
        cards: In the order of reading.
        path: Replaced if it exists; its folder is made if it does not.
        title: Heading of the page.
        subtitle: One line under it.
        footer: What made the page, label by label.

    Raises:
        OSError: The file cannot be written.
    """
    page = _environment().get_template("report.html.j2")
    text = page.render(title=title, subtitle=subtitle, cards=cards, footer=dict(footer or {}))
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        partial.write_text(text, encoding="utf-8")
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)


def structure(psmiles: str) -> Markup:
    """A repeat unit as inline SVG.

    Raises:
        PolymerError: The text is not a repeat unit.
    """
    from discovery.polymers import RepeatUnit, draw_svg

    # Drawn by RDKit from a parsed molecule, with none of the user's text in it: safe in the page as it is.
    return Markup(draw_svg(RepeatUnit.parse(psmiles), width=260, height=140))


def _figure_address(figure: object) -> str:
    from matplotlib.figure import Figure

    if not isinstance(figure, Figure):
        raise TypeError(f"a card's figure is a {type(figure).__name__}")
    return "data:image/svg+xml;base64," + base64.b64encode(svg(figure)).decode("ascii")


def _is_number(frame: pd.DataFrame, column: str) -> bool:
    return bool(pd.api.types.is_numeric_dtype(frame[column]))


def _lines(text: object) -> list[str]:
    return str(text).split("\n")


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("campaigns.reports"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(structure=structure, address=_figure_address, lines=_lines)
    environment.tests["numeric_in"] = lambda column, frame: _is_number(frame, column)
    return environment
