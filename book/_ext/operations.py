"""The operations of a family: what PyTorch, Keras and NumPy each call it, together."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

from sources import Definition, module

WINGS = ("torch", "keras")


@dataclass
class Operation:
    """What one section of a page shows: definitions by wing, or by "" where there are no wings."""

    by_wing: dict[str, list[Definition]] = field(default_factory=dict)

    def add(self, wing: str, definition: Definition) -> None:
        self.by_wing.setdefault(wing, []).append(definition)

    @property
    def definitions(self) -> list[Definition]:
        """PyTorch's first, then Keras's, then NumPy's."""
        order = (*WINGS, "reference", "")
        return [definition for wing in order for definition in self.by_wing.get(wing, [])]

    @property
    def names(self) -> list[str]:
        """What the frameworks call it; else what it is called."""
        framework = [d.name for wing in WINGS for d in self.by_wing.get(wing, [])]
        return list(dict.fromkeys(framework)) or [self.definitions[0].name]

    @property
    def anchor(self) -> str:
        """Of its section; "folders.load" where another module may have the name as well."""
        outside = self.by_wing.get("")
        return (
            f"{outside[0].module.rpartition('.')[2]}.{self.names[0]}" if outside else self.names[0]
        )

    @property
    def summary(self) -> str:
        """The first sentence of its docstring."""
        return " ".join(self.definitions[0].doc.partition("\n\n")[0].split())


def shared_bases(operations: list[Operation], homes: tuple[str, ...]) -> list[Operation]:
    """The classes that two or more of these are derived from, and that nobody imports: ``Fusion``.

    What a class inherits from them is shown once, at the base. ``homes`` are the modules in which
    such a base stands: what several families share has no page of its own.
    """
    offered = {definition.whole for o in operations for definition in o.definitions}
    derived: dict[str, list[tuple[str, Definition]]] = {}
    for operation in operations:
        for wing, definitions in operation.by_wing.items():
            for base in (base for d in definitions for base in d.bases()):
                inherited = any(member.owner == base for member in base.members())
                if inherited and f"{base.home.name}.".startswith(homes):
                    derived.setdefault(base.whole, []).append((wing, base))
    found: dict[str, Operation] = {}
    for whole, pairs in derived.items():
        if len(pairs) > 1 and whole not in offered:
            wing, base = pairs[0]
            shown = replace(base, module=base.home.name)
            found.setdefault(base.name, Operation()).add(wing, shown)
    return list(found.values())


def of_family(root: Path, name: str) -> list[Operation]:
    """In the reference's order, then what only the frameworks have."""
    found: dict[str, Operation] = {}
    for definition in offered(root, f"mmref.reference.{name}"):
        forward = definition.name.removesuffix("_gradient")
        key = forward if forward in found else definition.name
        found.setdefault(key, Operation()).add("reference", definition)
    for wing in WINGS:
        came = module(root, f"mmref.{wing}").imported
        family = f"mmref.{wing}.{name}"
        own = [d for d in offered(root, f"mmref.{wing}") if came[d.name] == family]
        for definition in sorted(own, key=lambda d: (d.home.name, d.node.lineno)):
            # MaxPool2d and max_pool2d are one operation; BatchNorm2d belongs to batch_norm.
            fits = [key for key in found if _squash(definition.name).startswith(_squash(key))]
            found.setdefault(max(fits, key=len, default=definition.name), Operation()).add(
                wing, definition
            )
    return list(found.values())


def of_module(root: Path, name: str) -> list[Operation]:
    """What a module offers, each by itself, its constants last."""
    found = sorted(offered(root, name), key=lambda definition: definition.kind == "data")
    return [Operation({"": [definition]}) for definition in found]


def offered(root: Path, name: str) -> list[Definition]:
    """The public names of a module; none where there is no such file."""
    found = module(root, name)
    return found.public() if found.path.is_file() else []


def _squash(name: str) -> str:
    return name.lower().replace("_", "")
