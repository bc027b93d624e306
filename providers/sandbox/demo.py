"""The page on which one sees and touches the outside world: `/demo` and its files. All it does goes to `/sandbox/…`.

Plain HTML, CSS and ES modules beside this file; nothing is loaded from another host, and the browser is told so.
"""

from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Route

from providers.sandbox.world import World

STATIC = Path(__file__).parent / "static"
MEDIA = {".html": "text/html", ".css": "text/css", ".js": "text/javascript"}
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}


def routes(world: World) -> list[BaseRoute]:
    """The page itself needs no world: it asks the other rooms."""

    async def nothing_due(request: Request) -> Response:
        """What the bot has planned is the bot's to say: beside it, it answers here in our stead."""
        now = world.clock.now().isoformat()
        return JSONResponse({"now": now, "next": None, "busy": False, "soon": False, "stays": []})

    return [
        Route("/demo", page, methods=["GET"]),
        Route("/demo/static/{name}", static, methods=["GET"]),
        Route("/demo/due", nothing_due, methods=["GET"]),
    ]


async def page(request: Request) -> Response:
    return _file(STATIC / "demo.html")


async def static(request: Request) -> Response:
    """One of the files that stand there, by its plain name."""
    files = {path.name: path for path in STATIC.iterdir() if path.suffix in MEDIA}
    found = files.get(request.path_params["name"])
    if found is None:
        return JSONResponse({"ok": False, "error": "There is no such file."}, 404)
    return _file(found)


def _file(path: Path) -> Response:
    return FileResponse(path, media_type=MEDIA[path.suffix], headers=HEADERS)
