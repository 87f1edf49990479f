"""Figures with targets: printed as a table, stored as JSON."""

from __future__ import annotations

import json
import platform
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

import psutil
from rich.console import Console
from rich.table import Table

PACKAGES = (
    "chromadb",
    "numpy",
    "onnxruntime",
    "sentence-transformers",
    "sqlalchemy",
    "sudachipy",
    "torch",
    "transformers",
)
Bound = Literal[">=", "<="]


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured value and its target."""

    name: str
    value: float
    unit: str = ""
    bound: Bound | None = None  # None: for information
    target: float = 0.0
    note: str = ""

    @property
    def passed(self) -> bool | None:
        """Whether the target is met; None without one."""
        if self.bound is None:
            return None
        return self.value >= self.target if self.bound == ">=" else self.value <= self.target


def machine() -> dict[str, Any]:
    """Return the environment of the figures."""
    return {
        "measured_at": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
        "processor": _processor(),
        "cores": psutil.cpu_count(),
        "memory_gb": round(psutil.virtual_memory().total / 2**30, 1),
        "load": [round(load, 2) for load in psutil.getloadavg()],
        "system": platform.platform(),
        "python": platform.python_version(),
        "packages": {name: version(name) for name in PACKAGES},
    }


def publish(console: Console, folder: Path, part: str, figures: Sequence[Figure], details: Any = None) -> None:
    """Print the figures of a part and store them in the folder."""
    table = Table(title=part, title_justify="left")
    for column in ("figure", "value", "target", "", "note"):
        table.add_column(column, justify="right" if column in ("value", "target") else "left")
    for figure in figures:
        target = f"{figure.bound} {_shown(figure.target)}" if figure.bound else ""
        mark = {True: "[green]pass[/]", False: "[red]FAIL[/]", None: ""}[figure.passed]
        table.add_row(figure.name, f"{_shown(figure.value)} {figure.unit}".strip(), target, mark, figure.note)
    console.print(table)
    kept = [{**asdict(figure), "passed": figure.passed} for figure in figures]
    folder.mkdir(parents=True, exist_ok=True)
    content = {"part": part, "machine": machine(), "figures": kept, "details": details}
    path = folder / f"{part.replace(' ', '-').replace(',', '')}.json"
    path.write_text(json.dumps(content, ensure_ascii=False, indent=2) + "\n", "utf-8")


def _shown(value: float) -> str:
    return f"{value:,.3f}" if abs(value) < 10 and value != int(value) else f"{value:,.0f}"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        return platform.processor()
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.machine())
