"""Structure drawings of repeat units: a wavy line where the chain goes on, as chemists draw it."""

from __future__ import annotations

from typing import Any

from rdkit import Chem
from rdkit.Chem.Draw import rdMolDraw2D

from discovery.polymers.repeat_unit import RepeatUnit


def draw_svg(unit: RepeatUnit, width: int = 240, height: int = 160) -> str:
    """The structure as an SVG element, ``width`` x ``height`` pixels, clear ground, no XML header."""
    canvas = rdMolDraw2D.MolDraw2DSVG(width, height)
    _draw(canvas, unit)
    text = str(canvas.GetDrawingText())
    return text[text.index("<svg") :]


def draw_png(unit: RepeatUnit, width: int = 240, height: int = 160) -> bytes:
    """The structure as PNG, ``width`` x ``height`` pixels."""
    canvas = rdMolDraw2D.MolDraw2DCairo(width, height)
    _draw(canvas, unit)
    return bytes(canvas.GetDrawingText())


def _draw(canvas: rdMolDraw2D.MolDraw2D, unit: RepeatUnit) -> None:
    options: Any = (
        canvas.drawOptions()
    )  # RDKit's stubs declare its fields as objects that cannot be assigned to
    options.dummiesAreAttachments = True
    options.clearBackground = isinstance(canvas, rdMolDraw2D.MolDraw2DCairo)
    options.padding = 0.06
    mol = rdMolDraw2D.PrepareMolForDrawing(unit.mol(), addChiralHs=False)
    canvas.DrawMolecule(Chem.Mol(mol))
    canvas.FinishDrawing()
