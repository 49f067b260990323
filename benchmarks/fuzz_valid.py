"""What the inputs of the fuzz run are made from: a small campaign with facts of every kind, and files that polyloop takes."""

from __future__ import annotations

import gzip
import io
import zipfile
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path

from campaigns import Campaign
from campaigns.ledger import Predicted, Proposal, RoundRecord
from campaigns.rounds.kept_adapters import file_hashes
from campaigns.spec import CampaignSpec
from discovery.polymers import RepeatUnit

ADAPTER = "0123456789abcdef" * 2
POLYMERS = ("*CC(*)C", "*CCO*", "*CC(*)F", "*CC(*)CC", "*CC(*)OC", "*CC(*)Cl", "*CCCO*", "*CC(*)c1ccccc1")
PROPOSED = ("*CC(*)CCC", "*CC(*)OCC", "*CCCCO*")

SPECS = (
    """# by hand
name = "high glass transition"

[[objectives]]
name = "tg"
direction = "max"
unit = "K"

[pool]
polymers = "pool.csv"

[encoders]
text = "bundled"
geometry = "bundled"

[batch]
size = 8

[budget]
shortlist = 96
""",
    """name = "hot, light and clear"
constraints = ["sa_score < 4", "tg > 400 K", "refractive_index > 1.5"]
combine = "weights"

[[objectives]]
name = "tg"
direction = "target"
target = 350.0
tolerance = 20.0
unit = "K"
weight = 2.0

[[objectives]]
name = "density"
direction = "min"
unit = "g/cm3"

[pool]
polymers = "pool.csv"

[pool.limits]
sa_score = 5.0

[pool.exclude]
smarts = ["[Cl]", "[#6](=O)O"]

[batch]
size = 6
minimum_distance = 0.3

[budget]
shortlist = 64
experiments = 30

""",
)
"""Specs as people write them, one plain and one with nearly everything in it; not each of them need be without fault."""


def make_campaign(folder: Path) -> Campaign:
    """A campaign of two properties with a round, a form, an adapter and corrections; no model has a part in it."""
    folder.mkdir(parents=True)
    pool = folder / "pool.csv"
    pool.write_text(
        "psmiles,name\n" + "".join(f"{text},=p{i}\n" for i, text in enumerate(PROPOSED)), encoding="utf-8"
    )
    spec = CampaignSpec.from_options(
        ["tg:max", "density:min"], unit=["K", "g/cm3"], pool=pool, constraints=["sa_score < 8"]
    )
    campaign = Campaign.create(folder / "campaign", spec)
    measured = folder / "measured.csv"
    lines = [f"{text},{200 + 7 * i},{0.9 + 0.05 * i},sample {i}" for i, text in enumerate(POLYMERS)]
    measured.write_text("\n".join(["psmiles,tg,density,name", *lines, ""]), encoding="utf-8")
    campaign.ingest(measured)
    place = campaign.folder / "adapters" / ADAPTER / "fold-0" / "projection"
    place.mkdir(parents=True)
    (place / "adapter_model.safetensors").write_bytes(bytes(range(256)))
    (place / "adapter_config.json").write_text("{}\n", encoding="utf-8")
    (place.parent / "fold.json").write_text('{"format": 4}\n', encoding="utf-8")
    record = RoundRecord(
        number=1,
        seed=0,
        spec_version=campaign.spec.version,
        observations_hash="0" * 32,
        encoder_revisions={"text": "a"},
        adapters={"tg/projection": ADAPTER},
        gates={"tg": {"chosen": "latent", "members": [{"log_score": -1.5}], "reason": "=1+1"}},
        versions={"torch": "2"},
        pool={"candidates": 3, "asked_for": 3},
        adapter_files={ADAPTER: file_hashes(place.parents[1])},
    )
    expected = {"tg": Predicted(300.0, 250.0, 350.0), "density": Predicted(1.0, 0.9, 1.1)}
    proposals = [
        Proposal(f"R001-0{rank}", 1, rank, RepeatUnit.parse(text), ("C=C",), "vinyl", expected, 0.1, "=near")
        for rank, text in enumerate(PROPOSED, 1)
    ]
    campaign.ledger.append_round(record, proposals)
    campaign.status()  # writes the form
    form = folder / "first.csv"
    form.write_text("proposal_id,psmiles,tg\nR001-01,*CC(*)CCC,251.5\n", encoding="utf-8")
    campaign.ingest(form)
    campaign.retract("M2", reason="-wrong")
    campaign.retract("M2", reason="+right after all", undo=True)
    campaign.withdraw("R001-03", reason="no glassware")
    campaign.exclude("[Br]", reason="=smells")
    return campaign


def tables(form: bytes) -> dict[str, bytes]:
    """Tables of results as programs and people write them, by the name of the file.

    Args:
        form: Of the proposals, as the campaign wrote it.
    """
    header = ["psmiles", "tg [degC]", "tg_sem", "tg_n", "density", "name", "reference", "status", "note"]
    rows = [
        ["*CC(*)C", "-10.5", "1.5", "3", "0.9", "polypropylene", "a, b", "", ""],
        ["*CC(*)(C)C", "-70", "", "", "", "Poly\u00e4thylen", 'said "so"', "", "two\nlines"],
        ["*CC(*)c1ccccc1", ">100", "", "2", "1.05", "PS", "", "", ""],
        ["*CCCCCO*", "", "", "", "<1.2", "=cmd|' /C calc'!A0", "-", "", "x"],
    ]

    def text(separator: str, lines: list[list[str]], end: str = "\n") -> str:
        return end.join(
            separator.join('"' + c.replace('"', '""') + '"' if set(c) & set('",;\t\n') else c for c in line)
            for line in lines
        )

    whole = [header, *rows]
    comma = [header, *([row[0], *(cell.replace(".", ",") for cell in row[1:5]), *row[5:]] for row in rows)]
    monomers = [
        ["monomer_a", "monomer_b", "reaction", "tg"],
        ["C=Cc1ccccc1", "", "", "373"],
        ["C=CC", "", "", "263"],
    ]
    mapped = [["psmiles", "tg", "unit", "corrects"], ["*CC(*)C", "263", "K", "M1"], ["*CCO*", "206", "K", ""]]
    smiles = [
        ["smiles", "name"],
        ["C=Cc1ccccc1", "styrene"],
        ["OCCO", "glycol"],
        ["OC(=O)c1ccc(cc1)C(O)=O", "TPA"],
    ]
    filled = form.decode("utf-8").replace(",proposed,", ",measured,", 1).encode()
    found = {
        "form.csv": form,
        "filled.csv": filled,
        "comma.csv": text(",", whole).encode(),
        "bom.csv": text(",", whole, "\r\n").encode("utf-8-sig"),
        "semicolon.csv": text(";", comma).encode(),
        "latin.csv": text(";", comma, "\r\n").encode("cp1252"),
        "wide.csv": text("\t", whole).encode("utf-16"),
        "wide-be.csv": b"\xfe\xff" + text(",", whole).encode("utf-16-be"),
        "tabs.tsv": text("\t", whole).encode(),
        "old.csv": text(",", whole, "\r").encode(),
        "monomers.csv": text(",", monomers).encode(),
        "corrects.csv": text(",", mapped).encode(),
        "smiles.csv": text(",", smiles).encode(),
        "lines.smi": b"*CC(*)C polypropylene\n*CCO* PEO\n",
        "packed.csv.gz": gzip.compress(text(",", whole).encode(), mtime=0),
        "book.xlsx": workbook(whole),
        "plain.parquet": parquet(header, rows),
    }
    return found


def workbook(rows: Sequence[Sequence[object]]) -> bytes:
    """An XLSX file with one sheet; numbers are numbers, all else is text."""
    return zipped(workbook_parts(rows))


def workbook_parts(rows: Sequence[Sequence[object]]) -> dict[str, bytes]:
    """The files within an XLSX file."""
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    packages = "http://schemas.openxmlformats.org/package/2006"
    lines = []
    for number, row in enumerate(rows, 1):
        cells = []
        for place, cell in enumerate(row):
            name = f"{chr(65 + place % 26)}{number}"
            if isinstance(cell, int | float):
                cells.append(f'<c r="{name}"><v>{cell}</v></c>')
            else:
                cells.append(f'<c r="{name}" t="inlineStr"><is><t>{escape(str(cell))}</t></is></c>')
        lines.append(f'<row r="{number}">{"".join(cells)}</row>')
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{packages}/content-types"><Default Extension="xml" '
        'ContentType="application/xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{packages}/relationships"><Relationship Id="rId1" '
        f'Type="{office}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{office}"><sheets><sheet name="Tg" sheetId="1" '
        'r:id="rId1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{packages}/relationships"><Relationship Id="rId1" '
        f'Type="{office}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{main}"><sheetData>{"".join(lines)}</sheetData></worksheet>',
    }
    return {
        name: f'<?xml version="1.0" encoding="UTF-8"?>{part}'.encode("utf-8", "replace")
        for name, part in parts.items()
    }


def zipped(files: Mapping[str, bytes]) -> bytes:
    """A ZIP file of these."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def parquet(header: Sequence[str], rows: Sequence[Sequence[str]]) -> bytes:
    """A Parquet file of texts, with numbers where a column holds nothing else."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    columns = []
    for place in range(len(header)):
        cells = [row[place] or None for row in rows]
        try:
            columns.append(pa.array([None if cell is None else float(cell) for cell in cells]))
        except ValueError:
            columns.append(pa.array(cells, pa.string()))
    out = io.BytesIO()
    pq.write_table(pa.table(columns, names=list(header)), out)
    return out.getvalue()
