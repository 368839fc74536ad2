"""Each fault of docs/faults.md is held by tests that exist."""

import re

from tests.architecture.source import ROOT

ROW = re.compile(r"^\|[^|]+\|[^|]+\| `(\w+/\S+\.py)` \| (.+) \|$", re.MULTILINE)
NAME = re.compile(r"`(test_\w+)`")
FEWEST = 25


def test_every_test_that_holds_a_fault_exists():
    rows = ROW.findall((ROOT / "docs" / "faults.md").read_text(encoding="utf-8"))
    assert len(rows) >= FEWEST
    assert [
        f"{file}: {name}"
        for file, names in rows
        for name in NAME.findall(names) or ["no test"]
        if f"def {name}(" not in (ROOT / file).read_text(encoding="utf-8")
    ] == []
