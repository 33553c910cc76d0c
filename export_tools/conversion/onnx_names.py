"""Names of values in an ONNX graph and in the graphs inside its nodes, which read values from outside."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any


def graphs_of(graph: Any) -> Iterator[Any]:
    """The graph and all graphs inside its nodes (branches and loops), outer before inner."""
    waiting = [graph]
    while waiting:
        graph = waiting.pop()
        yield graph
        waiting += [inner for node in graph.node for inner in inner_graphs(node)]


def inner_graphs(node: Any) -> list[Any]:
    """The graphs that a node holds."""
    inner = [attribute.g for attribute in node.attribute if attribute.HasField("g")]
    return inner + [each for attribute in node.attribute for each in attribute.graphs]


def reads(node: Any) -> set[str]:
    """All names that a node reads, those that its inner graphs read included."""
    names = set(node.input)
    for inner in inner_graphs(node):
        for graph in graphs_of(inner):
            names.update(name for each in graph.node for name in each.input)
            names.update(each.name for each in graph.output)
    return names


def all_names(graph: Any) -> set[str]:
    """Every value's name, at any depth."""
    names: set[str] = set()
    for each in graphs_of(graph):
        for values in (each.input, each.output, each.initializer, each.value_info):
            names.update(value.name for value in values)
        for node in each.node:
            names.update((*node.input, *node.output))
    return names


def rename(graph: Any, names: Mapping[str, str]) -> None:
    """Give values other names, at any depth."""
    for each in graphs_of(graph):
        for values in (each.input, each.output, each.initializer, each.value_info):
            for value in values:
                value.name = names.get(value.name, value.name)
        for node in each.node:
            for listed in (node.input, node.output):
                for index, name in enumerate(listed):
                    if name in names:
                        listed[index] = names[name]
