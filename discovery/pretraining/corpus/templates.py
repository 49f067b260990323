"""Chains put together from fragments where no polymerisation rule makes them, and chains of several linkages: all by name."""

from __future__ import annotations

from collections.abc import Mapping

from discovery.pretraining.corpus.carbon_chains import (
    diene,
    fluoropolymer,
    norbornene,
    saccharide,
    sequence,
    vinyl_pair,
)
from discovery.pretraining.corpus.carbonyl_chains import (
    poly_amide,
    poly_anhydride,
    poly_carbonate,
    poly_ester,
    poly_ester_imide,
    poly_urea,
    poly_urethane,
)
from discovery.pretraining.corpus.conjugated_chains import conjugated, heteroaromatic
from discovery.pretraining.corpus.ether_chains import (
    poly_amine,
    poly_ether,
    poly_imine,
    poly_ketone,
    poly_sulfide,
    poly_sulfone,
)
from discovery.pretraining.corpus.fragments import Draw
from discovery.pretraining.corpus.inorganic_chains import (
    poly_boron,
    poly_phosphazene,
    poly_phosphorus,
    poly_silane,
    poly_siloxane,
)

TEMPLATES: Mapping[str, Draw] = {
    "imides": poly_ester_imide,
    "amides": poly_amide,
    "esters": poly_ester,
    "carbonates": poly_carbonate,
    "urethanes": poly_urethane,
    "ureas": poly_urea,
    "anhydrides": poly_anhydride,
    "ethers": poly_ether,
    "sulfones": poly_sulfone,
    "ketones": poly_ketone,
    "sulfides": poly_sulfide,
    "siloxanes": poly_siloxane,
    "silanes": poly_silane,
    "phosphazenes": poly_phosphazene,
    "phosphorus in the chain": poly_phosphorus,
    "boron": poly_boron,
    "conjugated chains": conjugated,
    "heteroaromatic chains": heteroaromatic,
    "imines": poly_imine,
    "amines": poly_amine,
    "saccharides": saccharide,
    "fluoropolymers": fluoropolymer,
    "olefin pairs": vinyl_pair,
    "norbornenes": norbornene,
    "dienes": diene,
    "sequences of small groups": sequence,
}
"""By name, a draw of the PSMILES of one repeat unit; a drawn text may be no possible chain, which the corpus leaves out."""
