"""The rules of ARCHITECTURE.md that an import contract cannot see.

The map of modules in ARCHITECTURE.md is the first fenced block under the heading "Map of modules".
Each of its lines that is not blank is a file's path, two or more spaces, and what the file is for::

    ratemodel/errors.py      What goes wrong, by name

Every rule is a function of a parsed module that returns its offences, so that the last tests here
can show each rule an offender: a rule that finds nothing anywhere is no rule.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "ratemodel"
LONGEST_MODULE = 400

FILES_ALLOWED = (
    *("cli", "cli_data", "config", "reporting"),
    *("market.export", "market.facts", "market.importing", "market.snapshots", "market.store"),
)
TALKERS = ("cli", "cli_data", "cli_surprises", "cli_validate")
CLOCK_ALLOWED = ("cli", "cli_data", "market")
DEFECTS_CAUGHT_IN = "cli"

FILE_CALLS = re.compile(
    r"open|(read|write)_(bytes|text)|(read|to)_(csv|excel|feather|hdf|json|parquet|pickle)"
    r"|savefig|(save|load)txt|genfromtxt|fromfile|tofile|mkdir|makedirs|rmdir|unlink|touch"
    r"|iterdir|r?glob|(symlink|hardlink)_to"
)
BUFFERS = frozenset({"BufferReader", "BytesIO", "StringIO"})
FILE_MODULES = frozenset({"shutil", "tempfile", "glob", "fileinput", "pickle", "sqlite3"})
SEEDED_BY = frozenset({"MT19937", "PCG64", "PCG64DXSM", "Philox", "SeedSequence", "default_rng"})
RANDOM_ALLOWED = SEEDED_BY | {"BitGenerator", "Generator"}
CLOCK_CALLS = frozenset({"now", "today", "utcnow"})
CLOCK_WORDS = frozenset({"now", "today"})


@dataclass(frozen=True)
class Module:
    """One module of the package: its dotted name without `ratemodel.`, and its text."""

    name: str
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text, filename=self.name)

    @cached_property
    def nodes(self) -> tuple[ast.AST, ...]:
        return tuple(ast.walk(self.tree))

    def within(self, rooms: tuple[str, ...]) -> bool:
        return any(self.name == room or self.name.startswith(f"{room}.") for room in rooms)

    def calls(self) -> Iterator[tuple[ast.Call, str]]:
        """Each call with the name called: `pd.read_csv(path)` is read as `pd.read_csv`."""
        for node in self.nodes:
            if isinstance(node, ast.Call):
                yield node, dotted(node.func)

    def imports(self) -> Iterator[tuple[int, str]]:
        for node in self.nodes:
            if isinstance(node, ast.Import):
                yield from ((node.lineno, alias.name) for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


def dotted(node: ast.expr) -> str:
    """Spell a name as written; what stands before a call or an index is left as `?`."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return "?"


def in_memory(call: ast.Call) -> bool:
    """Say whether a reader is handed a buffer made on the spot: parsing bytes opens no file."""
    buffer = call.args[0] if call.args else None
    return isinstance(buffer, ast.Call) and last(dotted(buffer.func)) in BUFFERS


def last(name: str) -> str:
    return name.rpartition(".")[2]


def top(name: str) -> str:
    return name.partition(".")[0]


# --- Rules: each lists a module's offences ----------------------------------------------------


def too_long(module: Module) -> list[str]:
    lines = len(module.text.splitlines())
    return [f"{lines} lines"] if lines > LONGEST_MODULE else []


def touches_files(module: Module) -> list[str]:
    if module.within(FILES_ALLOWED):
        return []
    called = [
        f"line {call.lineno}: {name}"
        for call, name in module.calls()
        if (FILE_CALLS.fullmatch(last(name)) and not in_memory(call))
        or name in {"np.load", "np.save", "np.savez", "numpy.load", "numpy.save"}
        or name.startswith(("os.path.", "os.remove", "os.rename", "os.replace", "os.listdir"))
    ]
    imported = [
        f"line {line}: imports {name}"
        for line, name in module.imports()
        if top(name) in FILE_MODULES
    ]
    return called + imported


def talks(module: Module) -> list[str]:
    offences = [
        f"line {call.lineno}: {name}"
        for call, name in module.calls()
        if name in {"print", "input", "pprint", "pprint.pprint"}
    ]
    if module.name not in TALKERS:
        offences += [
            f"line {node.lineno}: {dotted(node)}"
            for node in module.nodes
            if isinstance(node, ast.Attribute) and dotted(node) in {"sys.stdout", "sys.stderr"}
        ]
        offences += [
            f"line {n}: imports click" for n, name in module.imports() if top(name) == "click"
        ]
    return offences


def catches_everything(module: Module) -> list[str]:
    """`cli` alone may catch `Exception`, once: it turns a defect into one sentence and exit 3."""
    offences, defects = [], []
    for node in module.nodes:
        if isinstance(node, ast.ExceptHandler):
            caught = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
            names = {"" if kind is None else last(dotted(kind)) for kind in caught}
            if names & {"", "BaseException"}:
                offences.append(f"line {node.lineno}: catches everything")
            elif "Exception" in names:
                defects.append(f"line {node.lineno}: catches Exception")
    for call, name in module.calls():
        suppressed = {last(dotted(kind)) for kind in call.args}
        if last(name) == "suppress" and suppressed & {"Exception", "BaseException"}:
            offences.append(f"line {call.lineno}: suppresses everything")
    return offences + (defects[1:] if module.name == DEFECTS_CAUGHT_IN else defects)


def draws_from_nowhere(module: Module) -> list[str]:
    """Draws come from a seeded Generator, never from a state shared by the process."""
    offences = [
        f"line {line}: imports {name}"
        for line, name in module.imports()
        if top(name) in {"random", "secrets", "uuid"}
        or (name.startswith("numpy.random.") and last(name) not in RANDOM_ALLOWED)
    ]
    offences += [
        f"line {node.lineno}: {dotted(node)}"
        for node in module.nodes
        if isinstance(node, ast.Attribute)
        and dotted(node.value) in {"np.random", "numpy.random"}
        and node.attr not in RANDOM_ALLOWED
    ]
    for call, name in module.calls():
        keywords = {keyword.arg for keyword in call.keywords}
        if last(name) in SEEDED_BY and not call.args and not keywords:
            offences.append(f"line {call.lineno}: {name}() without a seed")
        if last(name) in {"rvs", "sample"} and "." in name and "random_state" not in keywords:
            offences.append(f"line {call.lineno}: {name}() without random_state")
    return offences


def reads_the_clock(module: Module) -> list[str]:
    if module.within(CLOCK_ALLOWED):
        return []
    offences = [
        f"line {line}: imports {name}" for line, name in module.imports() if top(name) == "time"
    ]
    for call, name in module.calls():
        words = {arg.value for arg in call.args if isinstance(arg, ast.Constant)}
        spelled = last(name) in {"Timestamp", "to_datetime", "datetime64"} and words & CLOCK_WORDS
        if ("." in name and last(name) in CLOCK_CALLS) or spelled:
            offences.append(f"line {call.lineno}: {name}")
    return offences


def lacks_docstrings(module: Module) -> list[str]:
    """Modules, and public functions, classes and methods: names without `_` in front."""
    offences = [] if ast.get_docstring(module.tree) else ["the module"]
    definitions = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)

    def look(body: list[ast.stmt], owner: str) -> None:
        for node in body:
            if isinstance(node, definitions) and not node.name.startswith("_"):
                decorators = {last(dotted(mark)) for mark in node.decorator_list}
                if not ast.get_docstring(node) and not decorators & {"overload", "setter"}:
                    offences.append(f"line {node.lineno}: {owner}{node.name}")
                if isinstance(node, ast.ClassDef):
                    look(node.body, f"{owner}{node.name}.")

    look(module.tree.body, "")
    return offences


Rule = Callable[[Module], list[str]]

RULES: dict[Rule, str] = {
    too_long: f"a module has at most {LONGEST_MODULE} lines; one that wants to grow is two ideas",
    touches_files: f"files are opened only in {', '.join(FILES_ALLOWED)}",
    talks: f"results return text; only {' and '.join(TALKERS)} talk to the terminal",
    catches_everything: "errors are caught by name; cli may catch Exception once",
    draws_from_nowhere: "draws come from a Generator made from a seed",
    reads_the_clock: f"the clock is read only in {', '.join(CLOCK_ALLOWED)}",
    lacks_docstrings: "modules and public names have docstrings",
}


# --- The package ------------------------------------------------------------------------------


def dotted_name(path: Path) -> str:
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


FILES = sorted(PACKAGE.rglob("*.py"))
MODULES = [Module(dotted_name(path), path.read_text(encoding="utf-8")) for path in FILES]


def test_there_is_a_package_to_check():
    assert {"", "cli", "errors"} <= {module.name for module in MODULES}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_every_module_keeps(rule: Rule):
    offences = [
        f"ratemodel.{module.name}: {offence}" for module in MODULES for offence in rule(module)
    ]
    assert not offences, "\n".join([RULES[rule], *offences])


# --- ARCHITECTURE.md --------------------------------------------------------------------------


def mapped(page: str) -> dict[str, str]:
    """Read the map of modules: what each file is for, by path."""
    block = re.search(
        r"^#+ Map of modules\n.*?^```[a-z]*\n(.*?)^```", page, re.DOTALL | re.MULTILINE
    )
    if block is None:
        raise AssertionError("ARCHITECTURE.md has no fenced block under 'Map of modules'")
    lines = [line.strip() for line in block[1].splitlines() if line.strip()]
    entries = [re.fullmatch(r"(\S+\.py) {2,}(\S.*)", line) for line in lines]
    unreadable = [line for line, entry in zip(lines, entries, strict=True) if entry is None]
    assert not unreadable, f"not a path, two spaces and a purpose: {unreadable}"
    paths = [entry[1] for entry in entries if entry]
    assert len(paths) == len(set(paths)), "a file stands twice in the map of modules"
    return {entry[1]: entry[2] for entry in entries if entry}


def test_the_map_of_modules_lists_the_modules():
    drawn = mapped((ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8"))
    purpose = {
        path.relative_to(ROOT).as_posix(): (ast.get_docstring(module.tree) or "?").splitlines()[0]
        for path, module in zip(FILES, MODULES, strict=True)
    }
    missing = [f"{path}  {purpose[path]}" for path in sorted(purpose.keys() - drawn.keys())]
    gone = sorted(drawn.keys() - purpose.keys())
    assert not missing, "\n".join(["Add to the map in ARCHITECTURE.md:", *missing])
    assert not gone, "\n".join(["Take off the map in ARCHITECTURE.md:", *gone])


# --- Every rule finds its offender ------------------------------------------------------------

OFFENDERS: list[tuple[Rule, str]] = [
    (too_long, "x = 1\n" * (LONGEST_MODULE + 1)),
    (touches_files, "with open(name) as file: pass"),
    (touches_files, "pd.read_csv(name)"),
    (touches_files, "frame.query('a').to_csv(name)"),
    (touches_files, "Path(name).open()"),
    (touches_files, "def f():\n    from shutil import copy"),
    (touches_files, "np.load(name)"),
    (talks, "print('done')"),
    (talks, "sys.stderr.write('done')"),
    (talks, "import click"),
    (catches_everything, "try: f()\nexcept: pass"),
    (catches_everything, "try: f()\nexcept Exception as error: pass"),
    (catches_everything, "try: f()\nexcept (ValueError, BaseException): pass"),
    (catches_everything, "with contextlib.suppress(Exception): pass"),
    (draws_from_nowhere, "np.random.seed(1)"),
    (draws_from_nowhere, "x = np.random.normal(size=3)"),
    (draws_from_nowhere, "from numpy.random import normal"),
    (draws_from_nowhere, "import random"),
    (draws_from_nowhere, "np.random.default_rng()"),
    (draws_from_nowhere, "stats.norm.rvs(size=3)"),
    (reads_the_clock, "datetime.now()"),
    (reads_the_clock, "pd.Timestamp.today()"),
    (reads_the_clock, "pd.Timestamp('now')"),
    (reads_the_clock, "import time"),
    (reads_the_clock, "from time import perf_counter"),
    (lacks_docstrings, "x = 1"),
    (lacks_docstrings, '"""Doc."""\ndef f(): pass'),
    (lacks_docstrings, '"""Doc."""\nclass C:\n    """Doc."""\n    def m(self): pass'),
]


def test_every_rule_has_an_offender():
    assert {rule for rule, _ in OFFENDERS} == set(RULES)


@pytest.mark.parametrize(("rule", "text"), OFFENDERS)
def test_a_rule_finds_its_offender(rule: Rule, text: str):
    assert rule(Module("path.offender", text))


@pytest.mark.parametrize(
    ("rule", "name", "text"),
    [
        (touches_files, "market.store", "path.read_text()"),
        (touches_files, "reporting.tables", "frame.to_csv(name)"),
        (touches_files, "market.parse", "pd.read_csv(io.BytesIO(data))"),
        (touches_files, "path.systems", "curve.open_interest, frame.replace(1, 2)"),
        (talks, "cli", "import click\nclick.echo('done')"),
        (catches_everything, "cli", "try: f()\nexcept Exception: pass"),
        (catches_everything, "path.systems", "try: f()\nexcept (KeyError, ValueError): pass"),
        (draws_from_nowhere, "path.systems", "np.random.default_rng(seed).normal(size=3)"),
        (reads_the_clock, "cli", "datetime.now()"),
        (reads_the_clock, "path.systems", "pd.Timestamp('2026-01-30')"),
        (lacks_docstrings, "path.systems", '"""Doc."""\ndef _f(): pass'),
    ],
)
def test_a_rule_lets_the_innocent_go(rule: Rule, name: str, text: str):
    assert not rule(Module(name, text))


@pytest.mark.parametrize(
    "page",
    [
        "no map",
        "## Map of modules\n```text\nratemodel/errors.py\n```\n",
        "## Map of modules\n```text\na.py  one\na.py  two\n```\n",
    ],
)
def test_a_map_that_cannot_be_read_fails(page: str):
    with pytest.raises(AssertionError):
        mapped(page)
