"""Texts that are known to break programs that read tables, specs or archives."""

from __future__ import annotations

from fuzz_valid import ADAPTER, POLYMERS

# one text a line would hide which of them belong together
# fmt: off
FORMULAS = (
    "=cmd|' /C calc'!A0",
    '=HYPERLINK("http://x.example","y")',
    "+1+1",
    "-2+3+cmd|' /C calc'!A0",
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "\t=1+1",
    "\r=1+1",
    "'=1",
    "''",
    "\uff1d1+1",
    "=",
)
NUMBERS = (
    *("0", "-0", "373", "373.5", "1e308", "1e309", "-1e309", "1e-400", "9" * 400, "1" * 5000, "-273.15", "-273.16"),
    *("nan", "inf", "-Infinity", "0x1F", "1_000", "1,234", "1.234,5", "1.234.567", "1 234", "1\u00a0234", "1'234"),
    *("12,5", ">350", "\u2265 350", "<0.01", "<=1e999", "><5", ">", "~300", "300\u00b15", "300-310", "\u2212 5", "\u221e"),
    *("\u0661\u0662\u0663", "\uff11\uff12", "\u00b2", "1e", ".", "+.", "1e+", "--1", "1e5e5", "TRUE", "#DIV/0!", "#N/A"),
    *("9223372036854775808", "-9223372036854775809", "18446744073709551616", "1" + "0" * 30, "4294967296"),
)
IDS = (
    *("M1", "M2", "M0", "M-1", "M999", "M9223372036854775807", "M9223372036854775808", "M" + "9" * 60, "m1", "M1.5"),
    *("R001-01", "R001-02", "R001-03", "R001-99", "R999-01", "R1-1", "R001-01 ", "R" + "9" * 40 + "-1", "../../x"),
    *("proposed", "running", "measured", "failed", "abandoned", "withdrawn", "unmakeable", "MEASURED", "done"),
)
UNITS = (
    *("K", "degC", "degF", "g/cm3", "kg/m^3", "MPa", "barrer", "%", "", "dB", "C", "9**9**9**9", "K**99", "K^0.5^9"),
    *("1e999 K", "(" * 50, "((((((((((K))))))))))", "K" + "*K" * 20, "m/0", "K/K", "__import__('os')", "delta_degC", "[K]"),
    *("\u00b0C", "\u00baC", "\u212a", "cm3(STP)", "count", "bit", "pH", "Np", "decade", "degC^2", "degC/m", "\0", "\u20ac"),
)
TEXTS = (
    *("\0", "a\0b", "\ufeff", "\u202egpj.exe", "\u200b", "\u2028", "\u2029", "\x85", "\x0b", "\x1b[2J\x1b[31m", "\x9b2J"),
    *("e\u0301" * 20, "\U0001f9ea", "\U0010ffff", "\ufffd", "\ufffe", "\u0130", "\u1e9e", "\ufb01", "Z\u0351\u036b" * 50),
    *("[/red]", "[link=x]", "[bold", "[[", "{}", "{0.__class__}", "%s%n", "${jndi:ldap://x}", "'; DROP TABLE commands;--"),
    *("</script><script>", "\\", '"', '""', "'", ",", ";", "a\nb", "a\r\nb", "a\rb", "../../etc/passwd", "C:\\nul", "null"),
)
CHEMISTRY = (
    *POLYMERS,
    *("*", "**", "*C", "C", "*C*", "[*]CC[*]", "[*:1]CC[*:2]", "*CC(*)(*)C", "*=CC=*", "*C#C*", "*CC*.*CC*", "*CC*.Cl"),
    *("*[13CH2]C*", "*C[C@H](*)C", "*C/C=C/C*", "*[Na]*", "*[Fe+3]C*", "*[U]*", "*C[N+](C)(C)*", "*[H]*", "*[2H]C*"),
    *("*c1ccccc1*", "*c1cccc1*", "*C1CC*", "*C%99C*", "*C%(100)C%(100)*", "*C(C)(C)(C)(C)*", "*[CH9]*", "*[999C]*"),
    *("*C>>C*", "*[#6]*", "*[C,N]*", "[$(*)]", "*CC* name", "*CC* |$R1;;;R2$|", "*CC*\t", "\u2217CC\u2217", "*\u0421\u0421*"),
    *("[*]" * 40, "*[C@@@H](F)*", "*[CH2:999999999999]C*", "*[C+99999]*", "*[99999999999C]*", "C=C", "OCCO", "C=Cc1ccccc1"),
)

VALUES = (
    *("0", "-1", "1e400", "nan", "-inf", "true", "[]", "{}", '""', "99999999999999999999", "1979-05-27T07:32:00Z", "0x10"),
    *('"tg"', '"K"', '"max"', '"TG:max"', '"pool.csv"', '"../../etc/passwd"', '"/dev/null"', '"nul"', '"tg > > 4"', '"\\u0000"'),
    *('["[Cl"]', '["[*"]', '["((((((((((C"]', '["sa_score < 1e999"]', '["tg ~ 4 K"]', '["tg > 400 furlong"]', '["x" , 1]'),
    *("[" * 300 + "]" * 300, "{a=" * 100 + "1" + "}" * 100, "'''" + "x" * 5000 + "'''", '"9**9**9"', '"340..360"', "1_0"),
    *('"postgresql+psycopg://a:b@c/d"', '"sqlite:////tmp/x"', '"mysql://x"', '"postgresql+psycopg://"', '"://"', '"C:\\\\x"'),
)
KEYS = ("name", "unit", "direction", "target", "tolerance", "weight", "scale", "sources", "polymers", "monomers", "smarts")
HEADS = ("[pool]", "[[objectives]]", "[batch]", "[x]", "[objectives]", "[[pool]]", "[pool.limits]", "[a.b.c]", "[[a]]")
NAMES = (
    *("../outside.txt", "/tmp/outside.txt", "files/../../outside.txt", "C:/outside.txt", "files\\..\\..\\outside.txt"),
    *("files/pool.csv/x", "FILES/pool.csv", "files/nul", "files/\x1b[31m.csv", "campaign.sqlite", "conftest.py", ".git/x"),
    *(f"adapters/{ADAPTER}/hook.py", f"adapters/{ADAPTER}/weights.pkl", "rounds/001/run.py", "a" * 300, "files/" + "d/" * 200),
    *("ledger/more.csv", "files/campaign.toml", "", ".", "..", "files/", "files//x.csv", "files/a\0b.csv", "files/\u202e.csv"),
)
# fmt: on
