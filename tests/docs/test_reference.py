"""The generated pages are as the code says, and everything in the code is on them."""

from __future__ import annotations

import ast
from inspect import signature
from pathlib import Path

import pytest

from gateway.core.vocabulary import REASONS, RejectCode
from gateway.errors import ConfigError
from gateway.log import kafka
from gateway.ops import reference
from gateway.wire.decoder import Decoder
from gateway.wire.framing import Fault
from gateway.wire.registry import read_lock
from tests.docs.pages import ROOT, page


def test_pages_and_catalogue_are_what_the_code_says() -> None:
    assert [str(path) for path in reference.stale(ROOT)] == []


def test_every_reason_has_a_sentence() -> None:
    assert set(REASONS) == set(RejectCode)
    assert [code for code, text in REASONS.items() if not text.endswith(".")] == []


def test_every_fault_and_every_schema_is_explained() -> None:
    assert set(reference.FAULTS) == set(Fault)
    assert set(reference.CARRIED) == {name for name, _ in read_lock(ROOT / "schemas")}


def test_every_verdict_the_desks_give_is_explained() -> None:
    given: set[str] = set()
    for path in (ROOT / "gateway" / "desks").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case ast.Call(
                    func=ast.Name(id="BatchStatus"),
                    args=[_, _, _, _, ast.Constant(value=str() as verdict), *_],
                ):
                    given.add(verdict)
                case ast.Call(
                    func=ast.Name(id="outcome"),
                    args=[_, _, _, ast.Constant(value=str() as verdict), _],
                ):
                    given.add(verdict)
                case ast.Call(
                    func=ast.Name(id="tell"),
                    args=[_, _, ast.Constant(value=str() as verdict), *_],
                ):
                    given.add(verdict)
    assert given == set(reference.VERDICTS)


def test_exit_codes_of_a_worker_are_those_on_the_page() -> None:
    tree = ast.parse((ROOT / "gateway/shell/worker.py").read_text(encoding="utf-8"))
    codes = next(
        ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and "LAW_BROKEN" in ast.unparse(node.targets[0])
    )
    assert {str(code) for code in codes} <= set(reference.EXIT_CODES)


def test_bounds_on_the_pages_are_those_of_the_code() -> None:
    bounds = signature(Decoder).parameters
    for name in ("max_bytes", "max_lines"):
        assert f"more than {bounds[name].default:,}" in page("docs/errors.md").replace(
            "larger than", "more than"
        )
    assert f"up to {kafka.MESSAGE_BYTES:,} bytes" in page("docs/topics.md")


def test_check_names_a_page_that_differs(tmp_path: Path) -> None:
    schemas = tmp_path / "schemas"
    schemas.mkdir()
    for name in ("README.md", "ids.lock"):
        (schemas / name).write_text(page(f"schemas/{name}"), encoding="utf-8")
    for path in (ROOT / "schemas").glob("*/*/v*.avsc"):
        copy = tmp_path / path.relative_to(ROOT)
        copy.parent.mkdir(parents=True)
        copy.write_bytes(path.read_bytes())
    written = ("topics", "errors", "rules")
    assert reference.stale(tmp_path) == [tmp_path / f"docs/{name}.md" for name in written]


def test_a_record_nobody_explains_stops_the_writing() -> None:
    with pytest.raises(ConfigError, match="says nothing about between/Rumour"):
        reference.said(reference.CARRIED, "between/Rumour")


def test_a_folder_without_schemas_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="run this in a checkout"):
        reference.pages(tmp_path)
