"""What a polymer is: repeat units and their canonical form, monomers and the polymers they make, drawings."""

from discovery.polymers.accessibility import sa_score
from discovery.polymers.classification import CLASS_WORDS, monomer_classes
from discovery.polymers.drawing import draw_png, draw_svg
from discovery.polymers.errors import NotARepeatUnitError
from discovery.polymers.monomers import Candidate, Monomer, Provenance
from discovery.polymers.polymerisation import polymerise
from discovery.polymers.repeat_unit import RepeatUnit
from discovery.polymers.retrosynthesis import Route, can_be_made, routes
from discovery.polymers.space import Block, MonomerSpace

__all__ = [
    "CLASS_WORDS",
    "Block",
    "Candidate",
    "Monomer",
    "MonomerSpace",
    "NotARepeatUnitError",
    "Provenance",
    "RepeatUnit",
    "Route",
    "can_be_made",
    "draw_png",
    "draw_svg",
    "monomer_classes",
    "polymerise",
    "routes",
    "sa_score",
]
