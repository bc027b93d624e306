"""A program that uses the generated client, and says what it was answered.

`uses_it.py URL TOKEN SOURCE STAY`, the stay as JSON.
"""

import json
import sys
from importlib import import_module
from typing import Any

PACKAGE = "night_porter_client"


def call(name: str, *named: str, **more: Any) -> Any:
    answer = import_module(f"{PACKAGE}.api.default.{name}").sync_detailed(*named, **more)
    return {"status": int(answer.status_code), "body": answer.parsed.to_dict()}


def main(url: str, token: str, source: str, said: str) -> None:
    models = import_module(f"{PACKAGE}.models")
    client = import_module(PACKAGE).AuthenticatedClient(base_url=url, token=token)
    named, confirmed = (source, "generated 1/2"), models.ConfirmedStay.from_dict(json.loads(said))
    answers = [
        call("put_stay", *named, client=client, body=confirmed),
        call("put_stay", *named, client=client, body=confirmed),
        call("get_stay", *named, client=client),
        call("list_stays", client=client, source=source, limit=5),
        call("put_stay", *named, client=client, body=models.CancelledStay(status="cancelled")),
        call("cancel_stay", *named, client=client),
        call("get_stay", source, "nobody knows it", client=client),
    ]
    print(json.dumps(answers))


if __name__ == "__main__":
    main(*sys.argv[1:])
