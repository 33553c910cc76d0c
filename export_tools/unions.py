"""Joins what shares a key."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def joined_keys(rows: Iterable[Sequence[str]]) -> dict[str, str]:
    """Union-find over keys that stand in one row; each first column's key to the name of its set.

    A set is named after the smallest of its first columns' keys, whatever the order of the rows.
    """
    parent: dict[str, str] = {}

    def root(key: str) -> str:
        parent.setdefault(key, key)
        while parent[key] != key:
            parent[key] = parent[parent[key]]
            key = parent[key]
        return key

    heads: dict[str, None] = {}
    for first, *others in rows:
        heads[first] = None
        for other in others:
            parent[root(other)] = root(first)
    names: dict[str, str] = {}
    for head in sorted(heads):
        names.setdefault(root(head), head)
    return {head: names[root(head)] for head in heads}
