"""Templates that say what they look at: their syntax tree with the calls of render/says.py put in.

After each expression and before each piece of text stands a mark; a variable carries what decided it to where it is
used.
"""

from __future__ import annotations

import re
from typing import Any, cast

import jinja2
from jinja2 import nodes
from jinja2.visitor import NodeTransformer

# Claims that mathematics bears out, whatever the numbers.
ALWAYS = (
    "agree", "sums_to", "standardized", "dealt_out", "hidden_later", "mixtures", "between", "drawn_to_zero",
    "same_order",
)  # fmt: skip


class Environment(jinja2.Environment):
    """Templates that can be listened to. What is imported without its page's vocabulary looks at no values."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        through = dict.fromkeys(("_carry", "_gather", "_use", "_drop"), lambda _, value: value)
        self.globals |= {**through, "_mark": str, "_start": int, "_value": lambda of: of.value}

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree = super()._parse(source, name, filename)
        assigned = {n.name for n in tree.find_all((nodes.Name,)) if n.ctx == "store"}
        assigned |= {n.name for n in tree.find_all((nodes.NSRef,))}
        listened: nodes.Template = _Listened(assigned).visit(tree)
        listened.set_environment(self)
        return listened


class _Listened(NodeTransformer):
    """Puts the calls of Says into a template."""

    def __init__(self, assigned: set[str]) -> None:
        self.assigned = assigned

    def visit_Output(self, node: nodes.Output) -> nodes.Output:
        parts: list[nodes.Expr] = []
        for part in node.nodes:
            if isinstance(part, nodes.TemplateData):
                text = part.data.lstrip()
                if text:
                    parts += [nodes.TemplateData(part.data[: len(part.data) - len(text)]), _call("_mark")]
                parts.append(nodes.TemplateData(text or part.data))
            else:
                parts += [self.visit(part), _call("_mark")]
        return nodes.Output(parts, lineno=node.lineno)

    def visit_Macro(self, node: nodes.Macro) -> nodes.Macro:
        """A macro that writes words is listened to, not one that puts a name together."""
        words = any(re.search(r"\S\s+\S", data.data) for data in node.find_all((nodes.TemplateData,)))
        if words:
            self.generic_visit(node)
        return node

    def visit_Assign(self, node: nodes.Assign) -> nodes.Assign:
        value: nodes.Expr = self.visit(node.node)
        for target in _names(node.target):
            value = _call("_gather" if isinstance(target, nodes.NSRef) else "_carry", nodes.Const(target.name), value)
        return nodes.Assign(node.target, value, lineno=node.lineno)

    def visit_For(self, node: nodes.For) -> nodes.For:
        self.generic_visit(node)
        for target in _names(node.target):
            node.iter = _call("_carry", nodes.Const(target.name), cast(nodes.Expr, node.iter))
        return node

    def visit_ExprStmt(self, node: nodes.ExprStmt) -> nodes.ExprStmt:
        """`do list.append(...)`: the list carries what was heard on the way to it."""
        of = node.node.node if isinstance(node.node, nodes.Call) else None
        self.generic_visit(node)
        if isinstance(of, nodes.Getattr) and isinstance(of.node, nodes.Call) and _is(of.node, "_use"):
            node.node = _call("_gather", of.node.args[0], cast(nodes.Expr, node.node))
        return node

    def visit_Name(self, node: nodes.Name) -> nodes.Expr:
        if node.ctx != "load" or node.name not in self.assigned:
            return node
        return _call("_use", nodes.Const(node.name), node)

    def visit_Getattr(self, node: nodes.Getattr) -> nodes.Expr:
        if node.attr in ("size", "shape") and isinstance(node.node, nodes.Getattr):
            node.node.node = self.visit(node.node.node)  # of how many there are, not of what they are
            return node
        self.generic_visit(node)
        return _call("_value", node.node) if node.attr == "value" else node

    def visit_Call(self, node: nodes.Call) -> nodes.Expr:
        always = isinstance(node.node, nodes.Name) and node.node.name in ALWAYS
        self.generic_visit(node)
        return _call("_drop", _call("_start"), node) if always else node


def _call(name: str, *of: nodes.Expr) -> nodes.Call:
    at = of[-1].lineno if of else None
    return nodes.Call(nodes.Name(name, "load", lineno=at), list(of), [], None, None, lineno=at)


def _is(node: nodes.Call, name: str) -> bool:
    return isinstance(node.node, nodes.Name) and node.node.name == name


def _names(target: nodes.Node) -> list[nodes.Name | nodes.NSRef]:
    """The variables of an assignment's left side."""
    return [n for n in [target, *target.find_all((nodes.Name,))] if isinstance(n, nodes.Name | nodes.NSRef)]
