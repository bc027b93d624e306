"""What all our pages are: one answer in HTML, without script, that a phone and a printer can show."""

from base64 import b64encode
from hashlib import sha256

from markupsafe import Markup

from bot.domain.messages.languages import Language

_STYLE = Markup(
    ":root{color-scheme:light dark}"
    "body{font:1.1rem/1.5 system-ui,sans-serif;margin:0 auto;max-width:32rem;padding:1rem;background:Canvas;"
    "color:CanvasText}"
    "h1{font-size:1.3rem;margin:.5rem 0}p{margin:.5rem 0}"
    "h2{font-size:1.1rem;margin:.5rem 0}ul{padding-left:1.2rem;margin:.5rem 0}li{margin:.4rem 0;overflow-wrap:anywhere}"
    "section,footer{border-top:1px solid GrayText;padding:.75rem 0}"
    ".pin{font-size:2.2rem;font-weight:700;letter-spacing:.05em;display:flex;align-items:center;gap:.75rem;"
    "user-select:all;font-variant-numeric:tabular-nums;flex-wrap:wrap}"
    "svg{width:2.6rem;height:2.6rem;transform:rotate(-90deg);flex:none}circle{fill:none;stroke-width:4}"
    ".whole{stroke:GrayText;opacity:.35}.left{stroke:CanvasText}"
    ".said{border:2px solid;border-radius:.5rem;padding:.5rem .75rem}"
    "form{margin:.5rem 0}label{display:block;margin:.75rem 0 .25rem}"
    "input,button{font:inherit;box-sizing:border-box;width:100%;min-height:3rem;padding:.5rem .75rem;"
    "border:2px solid;border-radius:.5rem;color:inherit;background:transparent}"
    "button{font-weight:600;cursor:pointer}"
    "@media print{form,svg{display:none}}"
)
_STYLE_HASH = b64encode(sha256(_STYLE.encode()).digest()).decode()
HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    ),
}
"""Nothing of a page is kept on the way or passed on, and a browser takes our style and nothing else."""


def whole(language: Language, title: str, body: Markup) -> str:
    """A page that needs nothing from anywhere else."""
    return Markup(
        '<!doctype html><html lang="{}"><head><meta charset="utf-8"><title>{}</title>'
        '<meta name="viewport" content="width=device-width,initial-scale=1"><meta name="robots" content="noindex">'
        "<style>{}</style></head><body><main>{}</main></body></html>"
    ).format(language.value, title, _STYLE, body)
