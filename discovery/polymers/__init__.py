"""What a polymer is: repeat units and their canonical form, monomers and the polymers they make, drawings."""

from discovery.polymers.drawing import draw_png, draw_svg
from discovery.polymers.errors import NotARepeatUnitError
from discovery.polymers.monomers import Candidate, Monomer, Provenance
from discovery.polymers.polymerisation import monomer_classes, polymerise
from discovery.polymers.repeat_unit import RepeatUnit

__all__ = [
    "Candidate",
    "Monomer",
    "NotARepeatUnitError",
    "Provenance",
    "RepeatUnit",
    "draw_png",
    "draw_svg",
    "monomer_classes",
    "polymerise",
]
