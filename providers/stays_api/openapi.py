"""What `/v1/openapi.json` says, made by spectree from the routes and the models that check what comes."""

import json
from collections.abc import Mapping
from functools import cache

from spectree import Response as Responses
from spectree import SecurityScheme, SpecTree
from spectree.models import SecureType, SecuritySchemeData
from starlette.applications import Starlette
from starlette.routing import Mount, Route

from bot.domain.sources.names import SOURCE
from bot.domain.sources.source_stays import EXTERNAL_ID, LONGEST_ID
from providers.stays_api import models
from providers.stays_api.app import ROOT, ROUTES
from providers.stays_api.described import Described
from providers.stays_api.problems import MEDIA_TYPE

_TOKEN = "token"  # noqa: S105 - what the scheme is called
_NAMES = {
    "source": "What sends it, as approvers read it: airbnb, zapier",
    "external_id": "What the source calls the stay: the same call with it means the same stay",
}
_NAMED: Mapping[str, Mapping[str, object]] = {
    "source": {"pattern": SOURCE},
    "external_id": {"pattern": EXTERNAL_ID, "minLength": 1, "maxLength": LONGEST_ID},
}
_NOES = {
    400: "No JSON",
    401: "No token, or one that lets nobody in",
    403: "The token lacks the scope",
    404: "Nobody knows this stay",
    409: "A rule says no: `reason` and `detail` say which, `offers` what would do",
    413: "More than 100,000 bytes",
    422: "A field that is wrong, missing or unknown",
    429: "Too much at once: `Retry-After` says when to come again",
    503: "The database is away for a moment",
}


@cache
def page() -> bytes:
    """JSON. What is sent is checked by the endpoints themselves, behind the token."""
    spec = _new_spec()
    spec.app = Starlette(routes=[Mount(ROOT, routes=[_said(spec, about) for about in ROUTES])])
    said = spec.spec
    for name, schema in said["components"]["schemas"].items():
        schema["title"] = name  # as generators of clients call it
    for path in said["paths"].values():
        for operation in path.values():
            for parameter in operation["parameters"]:
                if parameter["in"] == "path":
                    parameter["schema"] = {"type": "string", **_NAMED[parameter["name"]]}
            for status, answer in operation["responses"].items():
                if int(status) >= 400 and "content" in answer:
                    answer["content"] = {MEDIA_TYPE: answer["content"].pop("application/json")}
    return json.dumps(said).encode()


def _new_spec() -> SpecTree:
    return SpecTree(
        "starlette",
        title="Night Porter: stays",
        version="1",
        openapi_version="3.1.0",
        page_templates={},
        mode="strict",
        security_schemes=[SecurityScheme(name=_TOKEN, data=SecuritySchemeData(type=SecureType.HTTP, scheme="bearer"))],
        naming_strategy=lambda model: model.__name__.removeprefix("Api"),
        nested_naming_strategy=lambda _parent, child: child.removeprefix("Api"),
    )


def _said(spec: SpecTree, about: Described) -> Route:
    noes = {f"HTTP_{status}": (models.ApiProblem, said) for status, said in _NOES.items()}
    yeses = {f"HTTP_{status}": model for status, model in about.answers.items()}
    endpoint = spec.validate(
        query=about.query,
        json=about.body,
        resp=Responses(**{**yeses, **noes}),
        security={_TOKEN: [about.scope.value]},
        path_parameter_descriptions=_NAMES,
        operation_id=about.operation,
        skip_validation=True,
    )(about.endpoint)
    return Route(about.path.removeprefix(ROOT), endpoint, methods=[about.method])
