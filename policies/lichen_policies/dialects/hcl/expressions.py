"""What an expression of Terraform's language holds, as far as the text says.

The value is plain, or an :class:`Unknown` that names the resources it is made of. An operator or a
function that is not read here makes the value UNKNOWN: it is never guessed.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from tree_sitter import Node

from lichen_policies.dialects.hcl import functions
from lichen_policies.dialects.hcl.syntax import Written, template, text_in
from lichen_policies.facts.unknown import Unknown, has_unknown, is_unknown, made_of, text_of_parts

Step = Any
"""What leads into a value: a name, a key, an index, an Unknown, or EVERY."""

EVERY = object()
"""The splat: the rest of the way, in each of a list."""

OPEN: Any = Unknown("is an expression whose value is not in the configuration")
TOO_LARGE: Any = Unknown("is an expression whose value is larger than Lichen reads")

_MOST_PARTS = 100_000
_MOST_CHARACTERS = 1_000_000


class Names(Protocol):
    """What the names in an expression are of."""

    def found(self, name: str, steps: Sequence[Step], /) -> Any:
        """The value at the end of a way, such as ``var`` and ``["region"]``."""


class Bound(NamedTuple):
    """Names with more of them: those of a ``for``, or of a dynamic block. ``turns`` is how often
    the innermost of some loops inside of each other is gone through."""

    names: Names
    own: Mapping[str, Any]
    turns: int = 1

    def found(self, name: str, steps: Sequence[Step], /) -> Any:
        return at(self.own[name], steps) if name in self.own else self.names.found(name, steps)


def value(written: Written, names: Names) -> Any:
    """The value of an expression of either syntax."""
    if isinstance(written, Node):
        return bounded(_expression(written, names))
    if isinstance(written, str):
        return _expression(template(written), names) if _TEMPLATE.search(written) else written
    if isinstance(written, Mapping):
        return {key: value(part, names) for key, part in written.items()}
    return [value(part, names) for part in written] if isinstance(written, list) else written


def written_names(written: Written) -> tuple[str, ...]:
    """The names that an expression begins its ways with, each as ``var.region``."""
    if isinstance(written, str):
        written = template(written) if _TEMPLATE.search(written) else None
    return tuple(dict.fromkeys(_names_in(written))) if isinstance(written, Node) else ()


def condition_of(written: Written) -> Written:
    """The condition of an expression that is one, else the expression."""
    node = written
    while isinstance(node, Node) and len(_children(node)) == 1:
        (node,) = _children(node)
    return _children(node)[0] if isinstance(node, Node) and node.type == "conditional" else written


def at(found: Any, steps: Sequence[Step]) -> Any:
    """What is at the end of a way into a value."""
    for index, step in enumerate(steps):
        found = whole(found)
        if is_unknown(found):
            return _within(found, steps[index:])
        if step is EVERY:
            every = found if isinstance(found, list) else [] if found is None else [found]
            return [at(each, steps[index + 1 :]) for each in every]
        if is_unknown(step):
            return Unknown(step.because, step.references, names=step.names)
        try:
            if isinstance(found, list):
                found = found[int(step)]
            elif isinstance(found, Mapping):
                found = found[step]
            else:
                return OPEN
        except (KeyError, IndexError, ValueError, TypeError):
            return OPEN
    return found


def _within(found: Unknown, steps: Sequence[Step]) -> Unknown:
    """What is in a value that is not known."""
    one = _ONE_NAME.fullmatch(found.written)
    way = "".join(f".{step}" for step in steps) if one else ""
    written = f"${{{one[1]}{way}}}" if one and all(isinstance(each, str) for each in steps) else ""
    return Unknown(found.because, found.references, written, found.names)


_ONE_NAME = re.compile(r"\$\{([^{}]*)\}")


def bounded(found: Any) -> Any:
    """A value, UNKNOWN where it has more parts than Lichen reads."""
    return found if sum(1 for _ in _parts(found, _MOST_PARTS)) < _MOST_PARTS else TOO_LARGE


def _parts(found: Any, most: int) -> Iterator[None]:
    left = [found]
    while left and most:
        most -= 1
        yield
        part = left.pop()
        if isinstance(part, Mapping):
            left.extend(part.values())
        elif isinstance(part, list):
            left.extend(part)


_TEMPLATE = re.compile(r"[$%]\{")
_PARENTHESES = ("(", ")")


def _children(node: Node) -> list[Node]:
    """What is named in a node; a comment may be written between any two."""
    return [each for each in node.named_children if each.type != "comment"]


def _expression(node: Node, names: Names) -> Any:
    return _term(node.children, names)


def _term(nodes: Sequence[Node], names: Names) -> Any:
    """A value and the way into it, which the parser lists beside each other."""
    first, *rest = [node for node in nodes if node.type not in (*_PARENTHESES, "comment")]
    steps = tuple(_steps(rest, names))
    if first.type == "variable_expr":
        return names.found(text_in(first), steps)
    return at(_value(first, names), steps)


def _steps(nodes: Sequence[Node], names: Names) -> Iterator[Step]:
    for node in nodes:
        if node.type == "get_attr":
            yield text_in(_children(node)[0])
        elif node.type in ("splat", "attr_splat", "full_splat"):
            if node.type == "splat":
                yield EVERY
            yield from _steps(_children(node), names)
        elif node.type == "index":
            yield from _steps(_children(node), names)
        elif node.type == "new_index":
            yield _expression(_children(node)[0], names)
        elif node.type == "legacy_index":
            yield text_in(node).strip(". ")


def _value(node: Node, names: Names) -> Any:
    reader = _READERS.get(node.type)
    return OPEN if reader is None else reader(node, names)


def _inner(node: Node, names: Names) -> Any:
    return _term(node.children, names)


def _literal(node: Node, names: Names) -> Any:
    (inner,) = _children(node)
    text = text_in(inner)
    if inner.type == "numeric_lit":
        number = float(text)
        return int(number) if number.is_integer() else number
    if inner.type == "bool_lit":
        return text == "true"
    return None if inner.type == "null_lit" else _template(inner, names)


def _template(node: Node, names: Names) -> Any:
    """A text with what is put into it; where a part is not known, so is the whole."""
    (inner,) = [each for each in node.children if each.type != "template_expr"][:1] or [node]
    if inner.type in ("quoted_template", "heredoc_template"):
        node = inner
    heredoc = node.type == "heredoc_template"
    first = 2 if heredoc else 1
    parts: list[Any] = []
    source = node.text or b""
    begin, position = node.start_byte, node.children[first - 1].end_byte
    for child in node.children[first:]:
        text = source[position - begin : child.start_byte - begin].decode()
        if child.type == "template_literal":
            text += text_in(child)
        if text:
            parts.append(text if heredoc else _unescaped(text))
        position = child.end_byte
        if child.type == "template_interpolation":
            parts.append(_expression(_children(child)[1], names))
        elif child.type == "template_directive":
            parts.append(OPEN)
    if heredoc:
        parts = _heredoc(parts, text_in(node.children[0]).endswith("-"))
    if len(parts) == 1 and not heredoc:
        return parts[0]
    return _joined(parts)


def _heredoc(parts: list[Any], indented: bool) -> list[Any]:
    """The text between the lines of a heredoc, with ``<<-`` less what every line is indented."""
    text = [part for part in parts if isinstance(part, str)]
    if not indented:
        return [text[0].removeprefix("\n"), *parts[1:]] if parts and parts[0] in text else parts
    lines = [line for part in text for line in part.split("\n")[1:] if line.strip()]
    indent = min((len(line) - len(line.lstrip()) for line in lines), default=0)
    cut = [
        re.sub(rf"\n[ \t]{{0,{indent}}}", "\n", part) if isinstance(part, str) else part
        for part in parts
    ]
    return [cut[0].removeprefix("\n"), *cut[1:]] if cut and isinstance(cut[0], str) else cut


def _joined(parts: Sequence[Any]) -> Any:
    texts = [_scalar(part) for part in parts]
    if any(map(is_unknown, parts)):
        return text_of_parts(parts, [text or "" for text in texts])
    if any(text is None for text in texts):
        return OPEN
    joined = "".join(text for text in texts if text is not None)
    return joined if len(joined) < _MOST_CHARACTERS else TOO_LARGE


def _scalar(part: Any) -> str | None:
    """A value as a template prints it; None where it cannot."""
    if isinstance(part, bool):
        return str(part).lower()
    return str(part) if isinstance(part, str | int | float) else None


_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|.)|([$%])\2\{", re.DOTALL)
_ESCAPED = {"n": "\n", "r": "\r", "t": "\t"}


def _unescaped(text: str) -> str:
    def plain(found: re.Match[str]) -> str:
        if found[2]:
            return f"{found[2]}{{"
        mark = found[1]
        if mark[0] in "uU" and len(mark) > 1:
            code = int(mark[1:], 16)
            return chr(code) if code < 0x110000 else ""
        return _ESCAPED.get(mark, mark)

    return _ESCAPE.sub(plain, text)


def _collection(node: Node, names: Names) -> Any:
    (inner,) = _children(node)
    if inner.type == "tuple":
        return [
            _expression(child, names) for child in _children(inner) if child.type == "expression"
        ]
    table: dict[str, Any] = {}
    for element in _children(inner):
        if element.type != "object_elem":
            continue
        key, part = (each for each in _children(element) if each.type == "expression")
        name = _key(key, names)
        if is_unknown(name):
            return name
        table[str(name)] = _expression(part, names)
    return table


def _key(node: Node, names: Names) -> Any:
    """The key of an object: a name alone is itself."""
    inner = _children(node)
    if len(inner) == 1 and inner[0].type == "variable_expr" and node.child_count == 1:
        return text_in(node)
    return _expression(node, names)


_CONVERSIONS = ("nonsensitive", "tobool", "tonumber", "tostring")


def _call(node: Node, names: Names) -> Any:
    name, *rest = _children(node)
    kind = text_in(name)
    written = [each for part in rest for each in _children(part)]
    if any(each.type == "ellipsis" for each in written):
        *first, last = [each for each in written if each.type == "expression"]
        spread = whole(_expression(last, names))
        if not isinstance(spread, list):
            return spread if is_unknown(spread) else OPEN
        arguments = [*(_expression(each, names) for each in first), *spread]
    else:
        arguments = [_expression(each, names) for each in written if each.type == "expression"]
    if kind == "sensitive":
        return Unknown("is sensitive, so Lichen does not read it")
    if kind in _CONVERSIONS and len(arguments) == 1 and is_unknown(arguments[0]):
        return arguments[0]
    if kind in ("try", "nonsensitive") and arguments and not has_unknown(arguments[0]):
        return arguments[0]
    function = functions.FUNCTIONS.get(kind)
    tested = (
        arguments
        if kind not in functions.TOGETHER
        else [
            each for each in arguments if is_unknown(each) or isinstance(each, functions.HALF_KNOWN)
        ]
    )
    if function is None or has_unknown(tested):
        return _made_of(arguments)
    try:
        found = function(*arguments)
    except (ArithmeticError, LookupError, TypeError, ValueError, AttributeError, StopIteration):
        return OPEN
    return TOO_LARGE if isinstance(found, str) and len(found) > _MOST_CHARACTERS else found


def whole(found: Any) -> Any:
    """A value; not known where it is half known, since its parts may be others."""
    return _made_of([found]) if isinstance(found, functions.HALF_KNOWN) else found


def _made_of(parts: Sequence[Any]) -> Unknown:
    return made_of(parts, OPEN)


def _conditional(node: Node, names: Names) -> Any:
    asked, *branches = [each for each in _children(node) if each.type == "expression"]
    condition = _expression(asked, names)
    if isinstance(condition, bool):
        return _expression(branches[0 if condition else 1], names)
    both = [_expression(each, names) for each in branches]
    if both[0] == both[1] and not has_unknown(both):
        return both[0]
    return _made_of([condition if is_unknown(condition) else OPEN, *both])


_OPERATORS: Mapping[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "%": operator.mod,
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


_LOGICAL = ("&&", "||")


def _operation(node: Node, names: Names) -> Any:
    (inner,) = _children(node)
    if inner.type == "unary_operation":
        sign, *operand = inner.children
        found = _term(operand, names)
        if is_unknown(found):
            return found
        if sign.type == "!" and isinstance(found, bool):
            return not found
        if sign.type == "-" and isinstance(found, int | float):
            return -found
        return OPEN
    split = next(
        (
            index
            for index, each in enumerate(inner.children)
            if each.type in (*_OPERATORS, "&&", "||")
        ),
        None,
    )
    if split is None:
        return OPEN
    kind = inner.children[split].type
    left = _term(inner.children[:split], names)
    if kind in _LOGICAL and left is (kind == "||"):
        return left
    right = _term(inner.children[split + 1 :], names)
    if kind in ("&&", "||"):
        if right is (kind == "||"):
            return right
        return (
            right if isinstance(left, bool) and isinstance(right, bool) else _made_of([left, right])
        )
    if has_unknown([left, right]):
        return _made_of([left, right])
    numbers = all(isinstance(each, int | float) for each in (left, right))
    if kind not in ("==", "!=") and not numbers:
        return OPEN
    try:
        return _OPERATORS[kind](left, right)
    except ArithmeticError:
        return OPEN


def _for(node: Node, names: Names) -> Any:
    """A list or an object made of each of another, where that is known."""
    (inner,) = _children(node)
    if any(each.type == "ellipsis" for each in inner.children):
        return OPEN
    intro = next(each for each in _children(inner) if each.type == "for_intro")
    *own, collection = _children(intro)
    found = whole(_expression(collection, names))
    if is_unknown(found):
        return found
    if not isinstance(found, list | Mapping):
        return OPEN
    turns = len(found) * (names.turns if isinstance(names, Bound) else 1)
    if turns > _MOST_PARTS:
        return TOO_LARGE
    pairs = found.items() if isinstance(found, Mapping) else enumerate(found)
    results = [each for each in _children(inner) if each.type == "expression"]
    condition = next((each for each in _children(inner) if each.type == "for_cond"), None)
    kept: list[Any] = []
    for key, each in pairs:
        values = (each,) if len(own) == 1 else (key, each)
        named = {text_in(name): part for name, part in zip(own, values, strict=True)}
        bound = Bound(names, named, turns)
        if condition is not None:
            passes = _expression(_children(condition)[0], bound)
            if not isinstance(passes, bool):
                return passes if is_unknown(passes) else OPEN
            if not passes:
                continue
        kept.append([_expression(part, bound) for part in results])
    if inner.type == "for_tuple_expr":
        return [each for (each,) in kept]
    if unknown := next((key for key, _ in kept if not isinstance(key, str)), None):
        return unknown if is_unknown(unknown) else OPEN
    return dict(kept)


_READERS: Mapping[str, Callable[[Node, Names], Any]] = {
    "collection_value": _collection,
    "conditional": _conditional,
    "expression": _inner,
    "for_expr": _for,
    "function_call": _call,
    "literal_value": _literal,
    "operation": _operation,
    "template_expr": _template,
}


def _names_in(node: Node) -> Iterator[str]:
    """The first names of every way in an expression, with what follows them."""
    for index, child in enumerate(node.children):
        if child.type == "variable_expr":
            following = node.children[index + 1] if index + 1 < node.child_count else None
            attribute = following is not None and following.type == "get_attr"
            yield text_in(child) + (text_in(following) if attribute and following else "")
        else:
            yield from _names_in(child)
