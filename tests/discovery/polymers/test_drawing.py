"""Drawings open as what they say they are, in the size asked for."""

import struct
from xml.etree import ElementTree

from discovery.polymers import RepeatUnit, draw_png, draw_svg

UNIT = RepeatUnit.parse("*OCCOC(=O)c1ccc(cc1)C(*)=O")


def test_svg_is_one_element_of_the_size_asked_for() -> None:
    root = ElementTree.fromstring(draw_svg(UNIT, 200, 100))
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert (root.get("width"), root.get("height")) == ("200px", "100px")


def test_png_has_the_size_asked_for() -> None:
    image = draw_png(UNIT, 200, 100)
    assert image.startswith(b"\x89PNG")
    assert struct.unpack(">II", image[16:24]) == (200, 100)


def test_the_same_unit_gives_the_same_drawing() -> None:
    assert draw_svg(UNIT) == draw_svg(RepeatUnit.parse("*CCOC(=O)c1ccc(C(=O)O*)cc1"))
