"""Tables of polymers in every format give the same candidates, and say what they leave out."""

import gzip
from collections import Counter
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from discovery.errors import PoolError
from discovery.polymers import Candidate, RepeatUnit
from discovery.pools import Pool, TablePool
from discovery.pools.contract import PoolContract

TEXT = "name,psmiles\nPE,*CC*\nbad,CCO\nPEO,*CCO*\nPP,*CC(*)C\nPEO again,*OCC*\n"


def written(path: Path) -> Path:
    """The table of ``TEXT`` as the file that its name says."""
    names, texts = zip(*(line.split(",") for line in TEXT.splitlines()[1:]), strict=True)
    suffixes = [suffix.casefold() for suffix in path.suffixes]
    if suffixes == [".parquet"]:
        pq.write_table(pa.table({"name": names, "psmiles": texts}), path)
        return path
    content = TEXT
    if suffixes[0] in (".smi", ".smiles"):
        content = "".join(f"{text} {name}\n" for text, name in zip(texts, names, strict=True))
    elif suffixes[0] == ".tsv":
        content = TEXT.replace(",", "\t")
    path.write_bytes(gzip.compress(content.encode()) if suffixes[-1] == ".gz" else content.encode())
    return path


class TablePoolContract(PoolContract):
    name: str

    @pytest.fixture(autouse=True)
    def _table(self, tmp_path: Path) -> None:
        self.path = written(tmp_path / self.name)

    def pool(self) -> Pool:
        return TablePool(self.path)


class TestCsvPool(TablePoolContract):
    name = "pool.csv"


class TestCompressedCsvPool(TablePoolContract):
    name = "pool.csv.gz"


class TestSmilesFilePool(TablePoolContract):
    name = "pool.smi"


class TestParquetPool(TablePoolContract):
    name = "pool.parquet"


def candidates(pool: Pool) -> list[Candidate]:
    return [candidate for chunk in pool.chunks() for candidate in chunk]


def units(pool: Pool) -> list[RepeatUnit]:
    return [candidate.unit for candidate in candidates(pool)]


def table(tmp_path: Path, text: str, encoding: str = "utf-8") -> Path:
    path = tmp_path / "pool.csv"
    path.write_text(text, encoding=encoding)
    return path


@pytest.mark.parametrize(
    "name",
    ["pool.csv", "pool.CSV.GZ", "pool.tsv", "pool.tsv.gz", "pool.smi", "pool.smiles.gz", "pool.parquet"],
)
def test_every_format_gives_the_same_candidates_and_counts(tmp_path: Path, name: str) -> None:
    pool = TablePool(written(tmp_path / name))
    assert [(c.unit.psmiles, c.name) for c in candidates(pool)] == [
        ("*C*", "PE"),
        ("*CCO*", "PEO"),
        ("*CC(*)C", "PP"),
    ]
    assert pool.dropped == {"no attachment point": 1, "same chain as an earlier one": 1}


WRITINGS = st.sampled_from(
    ["*CC*", "*CCO*", "*OCC*", "*CC(*)C", "CCO", "*C(*)*", "*CC(*)c1ccccc1", "C(", "[*]CC[*]"]
)
NAMES = st.text("abc -,;'é", max_size=6).map(lambda name: " ".join(name.split()))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.tuples(WRITINGS, NAMES), min_size=1, max_size=8))
def test_what_a_table_holds_does_not_depend_on_its_format(
    tmp_path: Path, rows: list[tuple[str, str]]
) -> None:
    rows = [*rows, ("*CCS*", "usable")]
    text = "psmiles,name\n" + "".join(f'{psmiles},"{name}"\n' for psmiles, name in rows)
    (tmp_path / "p.csv").write_text(text, encoding="utf-8")
    (tmp_path / "p.csv.gz").write_bytes(gzip.compress(text.encode()))
    (tmp_path / "p.smi").write_text(
        "".join(f"{psmiles}\t{name}\n" for psmiles, name in rows), encoding="utf-8"
    )
    columns = {"psmiles": [psmiles for psmiles, _ in rows], "name": [name or None for _, name in rows]}
    pq.write_table(pa.table(columns), tmp_path / "p.parquet")
    pools = [TablePool(tmp_path / name) for name in ("p.csv", "p.csv.gz", "p.smi", "p.parquet")]
    given_ = [candidates(pool) for pool in pools]
    assert all(each == given_[0] for each in given_)
    assert all(pool.dropped == pools[0].dropped for pool in pools)


def test_counts_what_it_leaves_out(tmp_path: Path) -> None:
    pool = TablePool(table(tmp_path, "psmiles\n*CC*\n*CC\n*C(*)*\n\n*=CC*\n*C*\n"))
    assert units(pool) == [RepeatUnit.parse("*C*")]
    assert pool.dropped == Counter(
        {
            "one attachment point": 1,
            "three or more attachment points": 1,
            "unequal star bonds": 1,
            "same chain as an earlier one": 1,
        }
    )


@pytest.mark.parametrize(
    ("text", "column"),
    [
        ("smiles\n*CCO*\n", None),
        ("PSMILES,tg\n*CCO*,206\n", None),
        ("smiles,psmiles\nC1CO1,*CCO*\n", None),
        ("polymer,psmiles\n*CCO*,*CC*\n", "polymer"),
        ("\ufeffpsmiles\r\n*CCO*\r\n", None),
        ("name;psmiles\nPEO;*CCO*\n", None),
        ("name\tpsmiles\nPEO\t*CCO*\n", None),
        ("a;polymer\n1,2,3;*CCO*\n", "polymer"),
        ('name,psmiles\n"two\nlines",*CCO*\n', None),
    ],
)
def test_finds_its_column(tmp_path: Path, text: str, column: str | None) -> None:
    assert units(TablePool(table(tmp_path, text), column)) == [RepeatUnit.parse("*CCO*")]


@pytest.mark.parametrize("title", ["cost", "price"])
def test_reads_the_cost_where_there_is_one(tmp_path: Path, title: str) -> None:
    pool = TablePool(
        table(tmp_path, f"psmiles,{title}\n*CCO*,2.5\n*CCS*,\n*CCN*,cheap\n*CCC*,-1\n*CCCO*,nan\n*CO*,0\n")
    )
    assert [candidate.cost for candidate in candidates(pool)] == [2.5, None]
    assert pool.dropped == {"cost is no number above 0": 4}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is empty"),
        ("\n\n", "is empty"),
        ("psmiles\n", "no usable row"),
        ("psmiles\nCCO\n", "Line 2: 'CCO' has no attachment point"),
        ("psmiles,name\n*CC*,poly,ethylene\n", "Line 2: the row has 3 cells under 2 titles"),
        ("psmiles,cost\n*CC*,?\n", "Line 2: the cost '\\?' is no number"),
        ("name,tg\nPE,195\n", "no column psmiles or smiles, only name, tg"),
        ('psmiles\n"*CC*\n', "unexpected end of data"),
    ],
)
def test_a_table_that_holds_nothing_is_an_error_with_a_hint(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(PoolError, match=said) as caught:
        units(TablePool(table(tmp_path, text)))
    assert caught.value.hint


def test_a_row_with_more_cells_than_titles_is_left_out_and_counted(tmp_path: Path) -> None:
    pool = TablePool(table(tmp_path, "psmiles,name\n*CC*,poly,ethylene\n*CCO*,PEO\n*C:C*,odd\n"))
    assert units(pool) == [RepeatUnit.parse("*CCO*")]
    assert pool.dropped == {"more cells than titles": 1, "unusual bond": 1}


def test_missing_files_folders_and_other_encodings_are_errors(tmp_path: Path) -> None:
    with pytest.raises(PoolError, match="does not exist"):
        units(TablePool(tmp_path / "absent.csv"))
    with pytest.raises(PoolError, match="cannot be read"):
        units(TablePool(tmp_path))
    with pytest.raises(PoolError, match="UTF-8"):
        units(TablePool(table(tmp_path, "psmiles,name\n*CC*,Polyäthylen\n", encoding="latin-1")))


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("pool.csv", gzip.compress(TEXT.encode(), mtime=0), "compressed with gzip"),
        ("pool.csv.gz", TEXT.encode(), "is not compressed"),
        ("pool.csv.gz", gzip.compress(TEXT.encode(), mtime=0)[:-20], "cannot be read: "),
        ("pool.csv", b"PAR1....PAR1", "is a Parquet file"),
        ("pool.parquet", TEXT.encode(), "no Parquet file"),
        ("pool.parquet", b"PAR1....PAR1", "cannot be read as Parquet"),
        ("pool.xlsx", b"PK\x03\x04rest", "workbook"),
        ("pool.smi", b"psmiles\0\n", "zero byte"),
    ],
)
def test_a_file_that_is_not_what_its_name_says_is_refused(
    tmp_path: Path, name: str, content: bytes, said: str
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(PoolError, match=said) as caught:
        units(TablePool(tmp_path / name))
    assert caught.value.hint


def test_a_smiles_file_keeps_names_with_blanks_and_may_have_a_title_line(tmp_path: Path) -> None:
    (tmp_path / "p.smi").write_text("SMILES Name\n*CC*  poly ethylene\n\n*CCO*\n")
    assert [(c.unit.psmiles, c.name) for c in candidates(TablePool(tmp_path / "p.smi"))] == [
        ("*C*", "poly ethylene"),
        ("*CCO*", ""),
    ]


def test_a_parquet_file_is_read_by_its_columns_whatever_their_types(tmp_path: Path) -> None:
    columns = pa.table(
        {
            "vector": [[1.0, 2.0], [3.0], None],
            "cost": pa.array([3, None, 4], pa.int64()),
            "smiles": pa.array(["*CC*", "*CCO*", None]).dictionary_encode(),
        }
    )
    pq.write_table(columns, tmp_path / "p.parquet")
    pool = TablePool(tmp_path / "p.parquet")
    assert [(c.unit.psmiles, c.cost) for c in candidates(pool)] == [("*C*", 3.0), ("*CCO*", None)]
    assert pool.dropped == {"unparsable": 1}


def test_the_signature_follows_the_content_and_the_column(tmp_path: Path) -> None:
    first = TablePool(table(tmp_path, "psmiles,smiles\n*CC*,*CCO*\n"))
    signatures = {first.signature, TablePool(first.path, "smiles").signature}
    table(tmp_path, "psmiles,smiles\n*CC*,*CCS*\n")
    signatures.add(first.signature)
    assert len(signatures) == 3
    with pytest.raises(PoolError, match="does not exist"):
        _ = TablePool(tmp_path / "absent.csv").signature
