"""What the protocol's modules export, and who makes the values that stand for a check."""

import ast
import importlib
import inspect
import pkgutil
import re
from pathlib import Path

import pytest

import django_genauth
from django_genauth import protocol
from django_genauth.protocol import errors
from django_genauth.protocol.errors import GenAuthError

PACKAGE = Path(django_genauth.__file__).parent
MODULES = sorted(module.name for module in pkgutil.iter_modules(protocol.__path__))
BRANCHES = "│ ├└─"


def defined(module):
    """Return the public names that a module's own top level binds, imports left out."""
    tree = ast.parse(inspect.getsource(module))
    bound = [name for statement in tree.body for name in names_of(statement)]
    return sorted(name for name in bound if not name.startswith("_"))


def names_of(statement):
    match statement:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            return [name]
        case ast.Assign(targets=targets):
            return [target.id for target in targets if isinstance(target, ast.Name)]
        case ast.AnnAssign(target=ast.Name(id=name)):
            return [name]
    return []


def error_classes():
    return [value for value in vars(errors).values() if inspect.isclass(value)]


def drawn_tree():
    """Return the tree of the docstring: each class with the one that it is drawn under."""
    path, parents = [], {}
    for line in errors.__doc__.splitlines():
        match = re.match(rf"    ([{BRANCHES}]*)(\w+)", line)
        if match:
            depth = len(match[1]) // 4
            path = [*path[:depth], match[2]]
            parents[match[2]] = path[depth - 1] if depth else None
    return parents


def makers_of(name):
    """Return the files of the package that call a class by its name."""
    return sorted(
        str(path.relative_to(PACKAGE))
        for path in PACKAGE.rglob("*.py")
        if any(
            isinstance(node, ast.Call) and called(node.func) == name
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        )
    )


def imports_replace(path):
    return any(
        isinstance(node, ast.ImportFrom) and "replace" in {alias.name for alias in node.names}
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    )


def called(function):
    match function:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return None


@pytest.mark.parametrize("name", MODULES)
def test_a_module_of_the_protocol_exports_its_public_names(name):
    module = importlib.import_module(f"django_genauth.protocol.{name}")

    assert sorted(module.__all__) == defined(module)


@pytest.mark.parametrize("name", MODULES)
def test_a_module_of_the_protocol_exports_a_name_once(name):
    module = importlib.import_module(f"django_genauth.protocol.{name}")

    assert len(set(module.__all__)) == len(module.__all__)


def test_the_modules_of_the_protocol_are_found():
    assert {"errors", "id_token", "jws"} <= set(MODULES)


def test_every_error_has_a_code_of_its_own():
    codes = [error.code for error in error_classes()]

    assert len(set(codes)) == len(codes)


@pytest.mark.parametrize("error", error_classes())
def test_an_errors_code_is_written_in_its_class(error):
    assert re.fullmatch(r"[a-z_]+", vars(error)["code"])


def test_the_tree_is_drawn_as_it_is():
    tree = {
        error.__name__: None if error is GenAuthError else error.__base__.__name__
        for error in error_classes()
    }

    assert drawn_tree() == tree


def test_the_root_of_the_errors_is_never_raised_itself():
    assert makers_of("GenAuthError") == []


def test_id_tokens_are_made_where_they_are_verified_alone():
    assert makers_of("IdToken") == ["protocol/id_token.py"]


def test_people_of_userinfo_are_made_where_its_sub_is_checked_alone():
    assert makers_of("UserInfo") == ["protocol/userinfo.py"]


def test_authorization_responses_are_made_where_they_are_checked_alone():
    assert makers_of("AuthorizationResponse") == ["protocol/authorization.py"]


def test_a_verified_value_is_copied_where_userinfo_is_added_alone():
    """`dataclasses.replace` makes one too; of the protocol's modules this one has it alone."""
    importers = [path.name for path in PACKAGE.glob("protocol/*.py") if imports_replace(path)]

    assert importers == ["userinfo.py"]
