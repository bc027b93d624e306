"""What was decided about each workspace, kept whether or not the app is installed there; and who was found to be a full
member of one."""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "admissions",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "members",
        sa.Column("workspace", sa.String(32), nullable=False),
        sa.Column("person", sa.String(32), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("workspace", "person"),
    )
    # Whoever is there already was let in by whoever runs the house: nobody loses their doors by a newer version.
    op.execute(
        'INSERT INTO admissions (id, name, state, "by", at) '
        "SELECT id, name, 'admitted', 'operator', installed_at FROM workspaces"
    )


def downgrade() -> None:
    op.drop_table("members")
    op.drop_table("admissions")
