"""Runs revisions on the connection that `storage.migrate` hands over."""

from typing import Any, Literal

from alembic import context

from storage.schema import METADATA


def _render(kind: str, thing: Any, _context: Any) -> str | Literal[False]:
    """Revisions name plain column types: they must not change when our own types do."""
    if kind != "type":
        return False
    plain = {"UtcDateTime": "sa.DateTime(timezone=True)", "Sealed": "sa.String()", "AutoString": "sa.String()"}
    return plain.get(type(thing).__name__) or False


def _applied(ctx: Any, step: Any, heads: Any, run_args: Any) -> None:
    """The names are Alembic's."""
    said = context.config.attributes.get("applied")
    if said is not None:
        said(f"{step.up_revision_id}: {(step.up_revision.doc or '').splitlines()[0]}")


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    render_item=_render,
    render_as_batch=True,
    on_version_apply=_applied,
)
with context.begin_transaction():
    context.run_migrations()
