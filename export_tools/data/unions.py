"""Joins sets of keys that overlap."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


class Union:
    """Sets of keys that grow together (union-find)."""

    def __init__(self) -> None:
        self._parent: dict[str, str] = {}

    def root(self, key: str) -> str:
        """The key that represents the set of this one."""
        parent = self._parent
        parent.setdefault(key, key)
        while parent[key] != key:
            parent[key] = parent[parent[key]]
            key = parent[key]
        return key

    def join(self, one: str, other: str) -> None:
        """Merge the sets of two keys."""
        self._parent[self.root(other)] = self.root(one)


def joined_keys(rows: Iterable[Sequence[str]]) -> dict[str, str]:
    """Maps each first column's key to the name of its set; the keys of one row share a set.

    A set is named after the smallest of its first columns' keys, whatever the order of the rows.
    """
    union = Union()
    heads: dict[str, None] = {}
    for first, *others in rows:
        heads[first] = None
        for other in others:
            union.join(first, other)
    names: dict[str, str] = {}
    for head in sorted(heads):
        names.setdefault(union.root(head), head)
    return {head: names[union.root(head)] for head in heads}
