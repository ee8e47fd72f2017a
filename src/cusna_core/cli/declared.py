"""What does a class or function declare in the code? Signatures, and the strings below fields."""

import ast
import inspect
import textwrap
from typing import Any


def tree(one: Any) -> Any:
    return ast.parse(textwrap.dedent(inspect.getsource(one))).body[0]


def declared(one: type) -> dict[str, tuple[str, str]]:
    """Each member's declaration and docstring, in the order of the code."""
    found: dict[str, tuple[str, str]] = {}
    docs = field_docs(one)
    for node in tree(one).body:
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            found[node.target.id] = (ast.unparse(node), docs.get(node.target.id, ""))
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            found[node.name] = (signature(node), " ".join((ast.get_docstring(node) or "").split()))
    return found


def field_docs(one: type) -> dict[str, str]:
    """The strings below fields."""
    found: dict[str, str] = {}
    name = ""
    for node in tree(one).body:
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            name = node.target.id
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            name = node.targets[0].id
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and name:
            found[name] = " ".join(str(node.value.value).split())
        else:
            name = ""
    return found


def signature(node: Any) -> str:
    marks = [one.id for one in node.decorator_list if isinstance(one, ast.Name) and one.id == "property"]
    begin = "async def" if isinstance(node, ast.AsyncFunctionDef) else "def"
    line = "".join(f"@{one}\n" for one in marks) + f"{begin} {node.name}({ast.unparse(node.args)})"
    return line + (f" -> {ast.unparse(node.returns)}" if node.returns is not None else "")
