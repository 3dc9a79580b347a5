"""The reference is complete: each list in it has exactly what the package has.

The error codes are read from the package's source, as an error can be raised anywhere in it.
"""

import ast
import inspect
import re
from collections import Counter
from dataclasses import fields
from pathlib import Path

import pytest
from django.dispatch import Signal

import django_genauth
from django_genauth import conf, signals, urls
from django_genauth.client import AuthenticationClient
from django_genauth.protocol import errors

PACKAGE = Path(django_genauth.__file__).parent
REFERENCE = {
    path.stem: path.read_text("utf-8")
    for path in Path(__file__).parents[1].glob("docs/reference/*.rst")
}
TREES = {
    path.relative_to(PACKAGE).as_posix(): ast.parse(path.read_text("utf-8"))
    for path in PACKAGE.rglob("*.py")
}
ERRORS = {name: getattr(errors, name) for name in errors.__all__}


def calls(file):
    """Return the calls in a file of the package."""
    return [node for node in ast.walk(TREES[file]) if isinstance(node, ast.Call)]


def called(call):
    """Return the name of the function or class that is called."""
    return getattr(call.func, "id", getattr(call.func, "attr", ""))


def handed(function):
    """Return what a function is called with anywhere: the names, and the texts."""
    return {
        getattr(value, "id", getattr(value, "value", ""))
        for file in TREES
        for call in calls(file)
        if called(call) == function
        for value in [*call.args, *(keyword.value for keyword in call.keywords)]
    }


# Which error classes stand behind `error(...)`, where the class is an argument.
GIVEN = {
    "client.py": handed("_fetch"),
    "protocol/genauth.py": handed("read_answer"),
    "protocol/jws.py": handed("verified_claims"),
    "protocol/messages.py": handed("read_json_object")
    | handed("read_answer")
    | handed("verified_claims"),
}
# What stands behind a reason that is no text; capital letters are a part that varies.
COMPUTED = {
    ("client.py", "f'status_{response.status}'"): {"status_NNN"},
    ("client.py", "key.partition('[')[0].lower()"): {"KEY"},
    ("conf.py", "key.lower()"): {"KEY"},
    ("conf.py", "'value' if what else 'unknown_key'"): {"value", "unknown_key"},
    ("protocol/authorization.py", "f'error_{registered(error)}'"): {"error_NAME"},
    ("protocol/discovery.py", "f'bad_{name}'"): {"bad_NAME"},
    ("protocol/discovery.py", "f'missing_{missing[0]}'"): {"missing_NAME"},
    ("protocol/genauth.py", "f'status_{response.status}'"): {"status_NNN"},
    ("protocol/id_token.py", "name"): handed("_time") & {"exp", "iat", "nbf"},
    ("protocol/tokens.py", "name"): handed("_token") - {"answer"},
    ("protocol/userinfo.py", "f'status_{response.status}'"): {"status_NNN"},
}


def classes(file, call):
    """Return the error classes that a call may make an instance of."""
    names = GIVEN.get(file, set()) if called(call) == "error" else {called(call)}
    return [ERRORS[name] for name in names & ERRORS.keys()]


def reasons(file, call):
    """Return the reasons that a call may give, each with its dot."""
    given = [keyword.value for keyword in call.keywords if keyword.arg == "reason"]
    if not given:
        return {".NAME"} if called(call) == "OAuthError" else {""}
    if isinstance(given[0], ast.Constant):
        return {f".{given[0].value}"}
    return {f".{reason}" for reason in COMPUTED[file, ast.unparse(given[0])]}


CODES = {
    f"{error.code}{reason}"
    for file in TREES
    for call in calls(file)
    for error in classes(file, call)
    for reason in reasons(file, call)
}
CHECKS = {
    keyword.value.value
    for call in calls("checks.py")
    for keyword in call.keywords
    if keyword.arg == "id"
}


@pytest.mark.parametrize(
    ("page", "entry", "names"),
    [
        pytest.param("settings", r"^\.\. confval:: (\w+)$", conf._KEYS, id="settings"),
        pytest.param(
            "urls",
            r"^``genauth:([\w-]+)``",
            {pattern.name for pattern in urls.urlpatterns},
            id="addresses",
        ),
        pytest.param(
            "signals",
            r"^``(\w+)``$",
            {name for name, value in vars(signals).items() if isinstance(value, Signal)},
            id="signals",
        ),
        pytest.param(
            "templates",
            r"^``genauth/(\w+\.html)``  ",
            {path.name for path in PACKAGE.glob("templates/genauth/*")},
            id="templates",
        ),
        pytest.param("checks", r"^``(genauth\.\w+)``$", CHECKS, id="system checks"),
        pytest.param(
            "errors",
            r"^\.\. autoexception:: django_genauth\.protocol\.errors\.(\w+)$",
            errors.__all__,
            id="error classes",
        ),
        pytest.param("errors", r"(?:^|, )``([\w.]+)``(?=$|, ``)", CODES, id="error codes"),
        pytest.param(
            "errors",
            r"^``(\w+)``  ",
            errors._REGISTERED | {errors.registered("of its own")},
            id="words of providers",
        ),
    ],
)
def test_the_reference_has_each_entry_once_and_no_other(page, entry, names):
    documented = re.findall(entry, REFERENCE[page], re.MULTILINE)

    assert Counter(documented) == Counter(set(names))


def test_the_reference_states_the_defaults_of_the_code():
    client = inspect.signature(AuthenticationClient).parameters.values()
    app = conf.App(alias="default")
    defaults = {each.name.upper(): each.default for each in client if each.default is not None}
    defaults |= {each.name.upper(): getattr(app, each.name) for each in fields(app)}
    pattern = r"confval:: (\w+)\n.*\n   :default: ``([^`]*)``\n"
    stated = dict(re.findall(pattern, REFERENCE["settings"]))

    # What is None in the code is made when it is needed, and described in words.
    compared = stated.keys() & defaults.keys()

    assert {name: ast.literal_eval(stated[name]) for name in compared} == {
        name: list(value) if isinstance(value := defaults[name], tuple) else value
        for name in compared
    }
    assert defaults.keys() - compared == {"ALIAS", "APP_HOST", "APP_ID", "CLOCK"}
