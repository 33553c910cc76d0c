"""Finds what the window's lane jobs use of Qt, by reading the sources of a `ui` package.

A job is what is handed to `lanes.run(Lane.X, job, ...)` or to `access.ask(job, ...)`: a lambda, a function, a
method, or a parameter, whose values are looked up where its function is called. From there the walk follows
calls to functions, methods and classes of the package, and functions that are handed on. What an object is of
is taken from annotations and from where it is made; of an object that stays unknown, calls in Qt's spelling
(camelCase) count as Qt's.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

Def = ast.FunctionDef | ast.Lambda
_CAMEL = re.compile(r"[a-z]+[A-Z]")


@dataclass(eq=False)
class Scope:
    """A function with what encloses it."""

    node: Def
    module: Module
    owner: str | None = None
    outer: Scope | None = None
    inner: dict[str, Scope] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return getattr(self.node, "name", "lambda")

    @property
    def parameters(self) -> list[str]:
        arguments = self.node.args
        return [each.arg for each in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)]


@dataclass(eq=False)
class Module:
    """One file: what it imports, its functions, its classes with their bases."""

    path: str
    imports: dict[str, tuple[str, str]] = field(default_factory=dict)
    functions: dict[str, Scope] = field(default_factory=dict)
    classes: dict[str, dict[str, Scope]] = field(default_factory=dict)
    bases: dict[str, list[str]] = field(default_factory=dict)
    calls: list[tuple[ast.Call, Scope | None, str | None]] = field(default_factory=list)
    scopes: dict[ast.AST, Scope] = field(default_factory=dict)


@dataclass(frozen=True, order=True)
class Use:
    """A Qt name that a lane job comes to."""

    path: str
    function: str
    name: str


class LaneJobs:
    """The walk over a package.

    Attributes:
        unresolved: jobs that could not be followed, as "path:line".
        reached: "path:function" of everything that runs on a lane.
    """

    def __init__(self, root: Path, package: str) -> None:
        self._package = package
        self._modules: dict[str, Module] = {}
        for path in sorted(root.rglob("*.py")):
            name = ".".join((package, *path.relative_to(root).with_suffix("").parts))
            self._modules[name] = _read(path, path.relative_to(root).as_posix())
        self._methods: dict[str, list[Scope]] = {}
        for module in self._modules.values():
            for methods in module.classes.values():
                for method in methods.values():
                    self._methods.setdefault(method.name, []).append(method)
        self.unresolved: list[str] = []
        self.reached: set[str] = set()
        self.uses: set[Use] = set()
        self.jobs = 0
        self._seen: set[int] = set()
        self._given_already: set[tuple[int, str]] = set()
        self._waiting: list[Scope] = []
        for module in self._modules.values():
            for call, scope, owner in module.calls:
                job = _job_of(call)
                if job is not None:
                    self.jobs += 1
                    self._hand_over(job, module, scope, owner, call.lineno)
        while self._waiting:
            self._walk(self._waiting.pop())

    def _hand_over(
        self, job: ast.expr, module: Module, scope: Scope | None, owner: str | None, line: int
    ) -> None:
        found = list(self._resolve(job, module, scope, owner))
        if not found and not self._leaves_the_package(job, module, scope, owner):
            self.unresolved.append(f"{module.path}:{line}: {ast.unparse(job)}")
        self._waiting += found

    def _leaves_the_package(
        self, job: ast.expr, module: Module, scope: Scope | None, owner: str | None
    ) -> bool:
        """Whether the job is a function of another package: `self._service.method`."""
        return isinstance(job, ast.Attribute) and job.attr not in self._methods

    def _resolve(
        self, what: ast.expr, module: Module, scope: Scope | None, owner: str | None
    ) -> Iterator[Scope]:
        if isinstance(what, ast.Lambda):
            yield module.scopes[what]
        elif isinstance(what, ast.Call) and ast.unparse(what.func) in ("partial", "functools.partial"):
            yield from self._resolve(what.args[0], module, scope, owner)
        elif isinstance(what, ast.Name):
            yield from self._named(what.id, module, scope)
        elif isinstance(what, ast.Attribute):
            kind = self._kind(what.value, scope) if scope is not None else None
            method = self._method(*kind, what.attr) if kind is not None else None
            if method is not None:
                yield method

    def _named(
        self, name: str, module: Module, scope: Scope | None, *, parameters: bool = True
    ) -> Iterator[Scope]:
        while scope is not None:
            if name in scope.inner:
                yield scope.inner[name]
                return
            if name in scope.parameters:
                if parameters:
                    yield from self._given(name, scope)
                return
            scope = scope.outer
        if name in module.functions:
            yield module.functions[name]
        elif name in module.classes:
            yield from self._constructor(module, name)
        elif name in module.imports:
            source, original = module.imports[name]
            other = self._modules.get(source)
            if other is not None:
                yield from self._named(original, other, None)

    def _constructor(self, module: Module, name: str) -> Iterator[Scope]:
        for special in ("__init__", "__post_init__"):
            method = self._method(module, name, special)
            if method is not None:
                yield method

    def _method(self, module: Module, owner: str, name: str) -> Scope | None:
        methods = module.classes.get(owner, {})
        if name in methods:
            return methods[name]
        for base in module.bases.get(owner, ()):
            if base in module.classes:
                found = self._method(module, base, name)
            else:
                source, original = module.imports.get(base, ("", ""))
                other = self._modules.get(source)
                found = self._method(other, original, name) if other is not None else None
            if found is not None:
                return found
        return None

    def _is_qt(self, module: Module, owner: str) -> bool:
        for base in module.bases.get(owner, ()):
            if base in module.classes:
                if self._is_qt(module, base):
                    return True
                continue
            source, original = module.imports.get(base, ("", ""))
            if source.startswith("PySide6"):
                return True
            other = self._modules.get(source)
            if other is not None and self._is_qt(other, original):
                return True
        return False

    def _given(self, parameter: str, scope: Scope) -> Iterator[Scope]:
        """What is passed for a parameter, wherever its function is called by name."""
        if (id(scope), parameter) in self._given_already:
            return
        self._given_already.add((id(scope), parameter))
        place = scope.parameters.index(parameter)
        method = bool(scope.parameters) and scope.parameters[0] in ("self", "cls")
        private = scope.name.startswith("_") or scope.outer is not None
        for module in [scope.module] if private else self._modules.values():
            for call, caller, owner in module.calls:
                name = call.func.attr if isinstance(call.func, ast.Attribute) else ast.unparse(call.func)
                if name != scope.name:
                    continue
                given = next((each.value for each in call.keywords if each.arg == parameter), None)
                index = place - method
                if given is None and 0 <= index < len(call.args):
                    given = call.args[index]
                if given is not None:
                    yield from self._resolve(given, module, caller, owner)

    def _walk(self, scope: Scope) -> None:
        if id(scope) in self._seen:
            return
        self._seen.add(id(scope))
        self.reached.add(f"{scope.module.path}:{scope.name}")
        module = scope.module
        body = scope.node.body if isinstance(scope.node.body, list) else [scope.node.body]
        for node in _own_nodes(body):
            if isinstance(node, ast.Name):
                self._look_at_name(node.id, module, scope)
            elif isinstance(node, ast.Call):
                self._look_at_call(node, scope)

    def _look_at_name(self, name: str, module: Module, scope: Scope) -> None:
        source, original = module.imports.get(name, ("", ""))
        if source.startswith(("PySide6", "shiboken6")):
            self._use(scope, original)
            return
        if name in module.classes and self._is_qt(module, name):
            self._use(scope, name)
        other = self._modules.get(source)
        if other is not None and original in other.classes and self._is_qt(other, original):
            self._use(scope, original)

    def _look_at_call(self, call: ast.Call, scope: Scope) -> None:
        module, owner = scope.module, scope.owner
        if _job_of(call) is not None:
            # Its callbacks run on the window's thread.
            return
        for given in (*call.args, *(each.value for each in call.keywords)):
            # What is handed on is called from there, too: `run_export(..., render=render_report)`.
            if isinstance(given, ast.Name):
                self._waiting += self._named(given.id, module, scope, parameters=False)
        if not isinstance(call.func, ast.Attribute):
            if ast.unparse(call.func) == "QImage" and len(call.args) < 4:
                self._use(scope, "QImage of a file")
            self._waiting += self._resolve(call.func, module, scope, owner)
            return
        base, name = call.func.value, call.func.attr
        if name == "emit":
            self._use(scope, ast.unparse(call.func))
        elif isinstance(base, ast.Name) and scope.module.imports.get(base.id, ("", ""))[1] == "QImage":
            self._use(scope, f"QImage.{name}")
        kind = self._kind(base, scope)
        if kind is None:
            if _CAMEL.match(name):
                self._use(scope, f".{name}")
            return
        source, class_name = kind
        method = self._method(source, class_name, name)
        if method is not None:
            self._waiting.append(method)
        elif self._is_qt(source, class_name) and name != "tr":
            self._use(scope, f"{class_name}.{name}")

    def _kind(self, what: ast.expr, scope: Scope) -> tuple[Module, str] | None:
        """The class of the package that an expression is of, where annotations or its making tell."""
        module, owner = scope.module, scope.owner
        if isinstance(what, ast.Name):
            if what.id == "self" and owner is not None:
                return module, owner
            within: Scope | None = scope
            while within is not None:
                for each in (*within.node.args.args, *within.node.args.kwonlyargs):
                    if each.arg == what.id and each.annotation is not None:
                        return self._class(ast.unparse(each.annotation), module)
                for node in ast.walk(within.node):
                    if isinstance(node, ast.Assign) and ast.unparse(node.targets[-1]) == what.id:
                        return self._kind(node.value, within)
                within = within.outer
        if isinstance(what, ast.Call) and isinstance(what.func, ast.Name):
            return self._class(what.func.id, module)
        if isinstance(what, ast.Attribute) and isinstance(what.value, ast.Name) and what.value.id == "self":
            return self._attribute(module, owner, what.attr)
        return None

    def _attribute(self, module: Module, owner: str | None, name: str) -> tuple[Module, str] | None:
        """The class of what `__init__` keeps under a name."""
        made = self._method(module, owner, "__init__") if owner is not None else None
        if made is None or isinstance(made.node, ast.Lambda):
            return None
        for node in ast.walk(made.node):
            if isinstance(node, ast.AnnAssign) and ast.unparse(node.target) == f"self.{name}":
                return self._class(ast.unparse(node.annotation), made.module)
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == f"self.{name}":
                return self._kind(node.value, made)
        return None

    def _class(self, words: str, module: Module) -> tuple[Module, str] | None:
        name = words.removesuffix(" | None").strip("'\"")
        if name in module.classes:
            return module, name
        source, original = module.imports.get(name, ("", ""))
        other = self._modules.get(source)
        return (other, original) if other is not None and original in other.classes else None

    def _use(self, scope: Scope, name: str) -> None:
        self.uses.add(Use(scope.module.path, scope.name, name))


def _job_of(call: ast.Call) -> ast.expr | None:
    """What a call hands to a lane."""
    if not isinstance(call.func, ast.Attribute):
        return None
    if call.func.attr == "run" and call.args and ast.unparse(call.args[0]).startswith("Lane."):
        return call.args[1] if len(call.args) > 1 else _keyword(call, "job")
    if call.func.attr == "ask" and ast.unparse(call.func.value).endswith("access"):
        return call.args[0] if call.args else _keyword(call, "job")
    return None


def _keyword(call: ast.Call, name: str) -> ast.expr | None:
    return next((each.value for each in call.keywords if each.arg == name), None)


def _own_nodes(body: list[ast.stmt] | list[ast.expr]) -> Iterator[ast.AST]:
    """The nodes of a function without those of functions within it."""
    waiting: list[ast.AST] = list(body)
    while waiting:
        node = waiting.pop()
        yield node
        for child in ast.iter_child_nodes(node):
            if not isinstance(child, ast.FunctionDef | ast.Lambda | ast.ClassDef):
                # A lambda that is only handed on, as a key or a callback, runs where it is called from.
                waiting.append(child)
            elif isinstance(child, ast.Lambda):
                waiting.append(child.body)


def _read(path: Path, name: str) -> Module:
    module = Module(name)
    tree = ast.parse(path.read_text("utf-8"))

    def visit(node: ast.AST, scope: Scope | None, owner: str | None) -> None:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.ImportFrom) and child.module:
                for alias in child.names:
                    module.imports[alias.asname or alias.name] = (child.module, alias.name)
            if isinstance(child, ast.ClassDef):
                module.classes[child.name] = {}
                module.bases[child.name] = [ast.unparse(base) for base in child.bases]
                visit(child, scope, child.name)
                continue
            if isinstance(child, ast.FunctionDef | ast.Lambda):
                made = module.scopes[child] = Scope(child, module, owner, scope)
                if isinstance(child, ast.FunctionDef):
                    if scope is not None:
                        scope.inner[child.name] = made
                    elif owner is not None:
                        module.classes[owner][child.name] = made
                    else:
                        module.functions[child.name] = made
                visit(child, made, owner)
                continue
            if isinstance(child, ast.Call):
                module.calls.append((child, scope, owner))
            visit(child, scope, owner)

    visit(tree, None, None)
    return module
