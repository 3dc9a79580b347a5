"""The reference is complete: each list in it has exactly what the package has.

The error codes are read from the package's source, as an error can be raised anywhere in it.
"""

import ast
import re
from collections import Counter
from dataclasses import MISSING, fields
from pathlib import Path

import pytest
from django.dispatch import Signal

import django_genauth
from django_genauth import conf, signals, urls
from django_genauth.client.registration import ClientRegistration
from django_genauth.conf import rules
from django_genauth.conf.api import ApiSettings
from django_genauth.protocol import error_codes, errors
from django_genauth.protocol.authorization import AuthorizationResponse
from tests.support import ROOT

PACKAGE = Path(django_genauth.__file__).parent
REFERENCE = {path.stem: path.read_text("utf-8") for path in ROOT.glob("docs/reference/*.rst")}
SOURCES = {
    path.relative_to(PACKAGE).as_posix(): path.read_text("utf-8") for path in PACKAGE.rglob("*.py")
}
ERRORS = {name: each for name, each in vars(errors).items() if isinstance(each, type)}


# Each call, with its file and the function that it stands in.
CALLS = [
    (file, function.name, call)
    for file, source in SOURCES.items()
    for function in ast.walk(ast.parse(source))
    if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
    for call in ast.walk(function)
    if isinstance(call, ast.Call)
]


def called(call):
    """Return the name of the function or class that is called."""
    return getattr(call.func, "id", getattr(call.func, "attr", ""))


def handed(function, file):
    """Return what a function of a file is handed anywhere, and by which function there."""
    return [
        (place, caller, value)
        for place, caller, call in CALLS
        if called(call) == function and (place == file or not function.startswith("_"))
        for value in [*call.args, *(keyword.value for keyword in call.keywords)]
    ]


def texts(function, file):
    """Return the texts that a function of a file is handed."""
    return {
        value.value for _, _, value in handed(function, file) if isinstance(value, ast.Constant)
    }


def errors_handed(function, file):
    """Return the names of the error classes that stand behind a function's argument `error`."""
    names = [
        (place, caller, getattr(value, "id", "")) for place, caller, value in handed(function, file)
    ]
    found = {name for _, _, name in names if name in ERRORS}
    return found.union(
        *(errors_handed(caller, place) for place, caller, name in names if name == "error")
    )


PARTS_OF_A_RESPONSE = {field.name for field in fields(AuthorizationResponse)}
# What stands behind a reason that is no text; capital letters are a part that varies.
COMPUTED = {
    ("api/verification.py", 'refused.code.partition(".")[2]'): {"NAME"},
    ("api/possession.py", 'f"proof_{broken}"'): {"proof_NAME"},
    ("conf/callables.py", "key.lower()"): {"KEY"},
    ("conf/__init__.py", "reason"): {"KEY", "value", "unknown_key"},
    ("client/provider.py", 'f"status_{response.status}"'): {"status_NNN"},
    ("protocol/authorization.py", 'f"error_{registered(error)}"'): {"error_NAME"},
    ("protocol/authorization.py", 'f"{name}_missing"'): {
        f"{name}_missing" for name in PARTS_OF_A_RESPONSE
    },
    ("protocol/authorization.py", "name"): PARTS_OF_A_RESPONSE,
    ("protocol/discovery.py", 'f"bad_{name}"'): {"bad_NAME"},
    ("protocol/discovery.py", 'f"missing_{missing[0]}"'): {"missing_NAME"},
    ("protocol/encryption.py", 'f"encryption_{member}"'): {"encryption_alg", "encryption_enc"},
    ("protocol/encryption.py", "setting.lower()"): {"KEY"},
    ("protocol/genauth.py", 'f"status_{response.status}"'): {"status_NNN"},
    ("protocol/id_token.py", "name"): texts("_check_hash", "protocol/id_token.py"),
    # A further date, auth_time, is of ID tokens alone, which have the reason as a text too.
    ("protocol/registered_claims.py", "name"): {"exp", "iat", "nbf"},
    ("protocol/tokens.py", "name"): texts("_token_member", "protocol/tokens.py"),
    ("protocol/userinfo.py", 'f"status_{response.status}"'): {"status_NNN"},
    ("client/registration.py", 'key.partition("[")[0].lower()'): {"KEY"},
}


def classes(file, function, call):
    """Return the error classes that a call may make an instance of."""
    made = called(call)
    names = errors_handed(function, file) if made == "error" else {made} & ERRORS.keys()
    return [ERRORS[name] for name in names]


def reasons(file, call):
    """Return the reasons that a call may give, each with its dot."""
    given = [keyword.value for keyword in call.keywords if keyword.arg == "reason"]
    if not given:
        return {".NAME"} if called(call) == "OAuthError" else {""}
    if isinstance(given[0], ast.Constant):
        return {f".{given[0].value!s}"}
    return {
        f".{reason}" for reason in COMPUTED[file, ast.get_source_segment(SOURCES[file], given[0])]
    }


CODES = {
    f"{error.code}{reason}"
    for file, function, call in CALLS
    for error in classes(file, function, call)
    for reason in reasons(file, call)
}
CHECKS = {
    keyword.value.value  # type: ignore[attr-defined] # a constant
    for file, _, call in CALLS
    for keyword in call.keywords
    if file.startswith("checks/") and keyword.arg == "id"
}
PAGES_OF_CHECKS = {check.removeprefix("genauth.") for check in CHECKS}


@pytest.mark.parametrize(
    ("page", "entry", "names"),
    [
        pytest.param("settings", r"^\.\. confval:: (\w+)$", rules.KEYS, id="settings"),
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
        pytest.param("checks", r"^:doc:`(genauth\.\w+) <checks/\w+>`$", CHECKS, id="system checks"),
        pytest.param("checks", r"^   checks/(\w+)$", PAGES_OF_CHECKS, id="pages of system checks"),
        pytest.param(
            "errors",
            r"^\.\. autoexception:: django_genauth\.protocol\.errors\.(\w+)$",
            ERRORS,
            id="error classes",
        ),
        pytest.param("errors", r"(?:^|, )``([\w.]+)``(?=$|, ``)", CODES, id="error codes"),
        pytest.param(
            "errors",
            r"^``(\w+)``  ",
            error_codes._REGISTERED | {error_codes.registered("of its own")},
            id="words of providers",
        ),
    ],
)
def test_the_reference_has_each_entry_once_and_no_other(page, entry, names):
    documented = re.findall(entry, REFERENCE[page], re.MULTILINE)

    assert Counter(documented) == Counter(set(names))


def test_each_check_has_a_page_that_is_called_like_it():
    pages = ROOT.glob("docs/reference/checks/*.rst")
    titles = {path.stem: path.read_text("utf-8").partition("\n")[0] for path in pages}

    assert titles == {page: f"genauth.{page}" for page in PAGES_OF_CHECKS}


def default_of(each):
    """Return the default of a dataclass's field, and MISSING where there is none."""
    return each.default if each.default_factory is MISSING else each.default_factory()


def test_the_reference_states_the_defaults_of_the_code():
    declared = [*fields(ClientRegistration), *fields(conf.App)]
    defaults = {each.name.upper(): default_of(each) for each in declared if each.init}
    # The keys that begin with API are a value of their own.
    defaults |= {f"API_{each.name}".upper(): default_of(each) for each in fields(ApiSettings)}
    del defaults["API"], defaults["API_AUDIENCE"]
    # What is None or empty in the code is made when it is needed, and described in words.
    defaults = {name: value for name, value in defaults.items() if value not in (None, "")}
    pattern = r"confval:: (\w+)\n.*\n   :default: ``([^`]*)``\n"
    stated = dict(re.findall(pattern, REFERENCE["settings"]))
    compared = stated.keys() & defaults.keys()

    assert {name: ast.literal_eval(stated[name]) for name in compared} == {
        name: list(value) if isinstance(value := defaults[name], tuple) else value
        for name in compared
    }
    assert defaults.keys() - compared == {"ALIAS", "APP_HOST", "APP_ID", "CLIENT"}
