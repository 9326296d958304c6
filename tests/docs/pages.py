"""The pages a newcomer reads, and what stands in them: code blocks, names, links.

Not here: what must be true of them (the tests beside it).
"""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@cache
def page(name: str) -> str:
    """A page's text, by its path in the repository."""
    return (ROOT / name).read_text(encoding="utf-8")


def pages() -> list[str]:
    """Every page this folder answers for."""
    written = [*ROOT.glob("docs/*.md"), *ROOT.glob("docs/decisions/*.md")]
    names = sorted(str(path.relative_to(ROOT)) for path in written)
    return ["README.md", "CONTRIBUTING.md", "schemas/README.md", *names]


def blocks(text: str, language: str) -> list[str]:
    """The fenced blocks of a language, in order."""
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def quoted(text: str) -> list[str]:
    """What stands between single backticks, outside of fenced blocks."""
    return re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```$", "", text, flags=re.M | re.S))


def links(text: str) -> list[str]:
    """The relative links, without their anchors."""
    found = re.findall(r"\]\(([^)#\s]+)", text)
    return [link for link in found if not re.match(r"\w+:", link)]


@cache
def modules() -> dict[str, list[Path]]:
    """Our modules by their last name; a room's is that of its folder."""
    found: dict[str, list[Path]] = {}
    for room in ("gateway", "connectors"):
        for path in (ROOT / room).rglob("*.py"):
            stem = path.parent.name if path.stem == "__init__" else path.stem
            found.setdefault(stem, []).append(path)
    return found


def names_of(path: Path) -> set[str]:
    """What a module defines, with the members of its classes as `Class.member`."""
    return _names(ast.parse(path.read_text(encoding="utf-8")).body, "")


def _names(body: list[ast.stmt], before: str) -> set[str]:
    found: set[str] = set()
    for node in body:
        match node:
            case ast.ClassDef(name=name):
                found |= {before + name, *_names(node.body, f"{before}{name}.")}
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                found.add(before + name)
            case ast.Assign(targets=targets):
                found |= {before + t.id for t in targets if isinstance(t, ast.Name)}
            case ast.AnnAssign(target=ast.Name(id=name)):
                found.add(before + name)
    return found


def exists(dotted: str) -> bool:
    """Whether `module.name` or `module.Class.member` is in one of our modules."""
    module, _, name = dotted.partition(".")
    return any(name in names_of(path) for path in modules().get(module, ()))
