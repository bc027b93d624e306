"""`make pictures`: screens of the bot for the README, drawn from what it really sends.

The bot lives through a day with the sandbox at a fixed moment; what Slack and the phone then hold is drawn by the demo
page's own renderer in a headless Chromium.
"""

import asyncio
import logging
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import structlog
import uvicorn
from playwright.async_api import Page
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from providers.sandbox.demo import MEDIA, STATIC
from tests.journeys.browser import browsing, launched
from tests.journeys.living_demo import people
from tests.journeys.test_guided import NEWCOMER, Follower
from tests.pictured.chromium import NoChromium, chromium, developed, measured, photographed
from tests.pictured.sheets import Sheet, sheets
from tests.pictured.stays import TextInfo, lived
from tests.pictured.still_house import still_house
from tests.sandbox.outside_world import free_port, serving

ROOT = Path(__file__).parents[1]
PICTURES = ROOT / "docs" / "pictures"
PAGES = ROOT / "tests" / "pictured"
DEMO_SIZE = {"width": 1400, "height": 1000}
DEMO_HEIGHT = 1600
SCALE = 1.5
"""Sharp on a good screen, and still small."""


async def look() -> TextInfo:
    with tempfile.TemporaryDirectory() as folder:
        async with still_house(Path(folder)) as (made, look_at_locks):
            return await lived(made, look_at_locks)


@contextmanager
def shown(all_sheets: Sequence[Sheet], photograph: Path) -> Iterator[str]:
    """The address under which each sheet is a page, and the newest photograph is cut."""
    modules = {sheet.name: sheet.as_module() for sheet in all_sheets}
    current = {"name": ""}

    async def page(request: Request) -> Response:
        current["name"] = request.path_params["name"]
        return FileResponse(PAGES / "sheet.html")

    async def data(_request: Request) -> Response:
        return Response(modules[current["name"]], media_type="text/javascript")

    async def static(request: Request) -> Response:
        name = Path(request.path_params["name"]).name
        file = next(folder / name for folder in (PAGES, STATIC) if (folder / name).is_file())
        return FileResponse(file, media_type=MEDIA[file.suffix])

    async def develop(_request: Request) -> Response:
        return FileResponse(PAGES / "develop.html")

    async def taken(_request: Request) -> Response:
        return FileResponse(photograph)

    routes = [
        Route("/sheet/{name}", page),
        Route("/sheet-data.js", data),
        Route("/static/{name}", static),
        Route("/develop", develop),
        Route("/photograph.png", taken),
    ]
    bound, url = free_port()
    with serving(uvicorn.Server(uvicorn.Config(Starlette(routes=routes), log_level="error")), bound):
        yield url


def keep(name: str, picture: bytes) -> None:
    file = PICTURES / f"{name}.webp"
    file.write_bytes(picture)
    print(f"{file.relative_to(ROOT)}  {file.stat().st_size // 1000} kB")


def main() -> None:
    try:
        chromium()
    except NoChromium as none:
        sys.exit(str(none))
    logging.disable(logging.CRITICAL)  # a stop in mid-day is noisy, and what fails is raised here
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    PICTURES.mkdir(parents=True, exist_ok=True)
    made = sheets(asyncio.run(look()))
    with tempfile.TemporaryDirectory() as folder, shown(made, Path(folder) / "photograph.png") as url:
        asyncio.run(the_demo(Path(folder) / "photograph.png"))
        size = f"width={DEMO_SIZE['width']}&height={DEMO_HEIGHT}"
        keep("demo", developed(f"{url}/develop?{size}"))
        for sheet in made:
            keep(sheet.name, pictured(sheet, url, Path(folder) / "photograph.png"))


async def the_demo(photograph: Path) -> None:
    """The page while its guide is followed to the end, photographed in the middle."""
    with tempfile.TemporaryDirectory() as folder:
        async with (
            people(Path(folder), **NEWCOMER) as town,
            launched() as browser,
            browsing(browser, f"{town.http.base_url}/demo", **DEMO_SIZE) as seen,
        ):

            async def taken(page: Page) -> None:
                await page.evaluate("scrollTo(0, 0)")
                await page.screenshot(path=photograph, full_page=True)

            await Follower(seen.page).follow(taken)


def pictured(sheet: Sheet, url: str, photograph: Path) -> bytes:
    width, height = measured(f"{url}/sheet/{sheet.name}")
    photographed(f"{url}/sheet/{sheet.name}", (width, height), SCALE, photograph)
    return developed(f"{url}/develop?width={int(width * SCALE)}&height={int(height * SCALE)}")


if __name__ == "__main__":
    main()
