"""What there is to say of a route, once: for the router, and for `/v1/openapi.json`."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from bot.domain.approvals.api_tokens import Scope


@dataclass(frozen=True, slots=True)
class Described:
    """`endpoint` is a method, whose name and docstring are the operation's."""

    method: str
    path: str
    endpoint: Callable[..., Awaitable[Response]]
    scope: Scope
    answers: Mapping[int, type[BaseModel]]
    body: type[BaseModel] | None = None
    query: type[BaseModel] | None = None

    @property
    def operation(self) -> str:
        return self.endpoint.__name__

    def of(self, app: object) -> Callable[[Request], Awaitable[Response]]:
        """The endpoint of this one."""
        made: Callable[[Request], Awaitable[Response]] = getattr(app, self.operation)
        return made
