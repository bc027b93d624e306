"""How Slack's users.info says that somebody is no full member, in all its shapes."""

from typing import Any

import pytest

from bot.domain.approvals.belonging import Belonging
from providers.slack.client import _belonging

OURS = "T1"


@pytest.mark.parametrize(
    ("user", "kind"),
    [
        ({"team_id": OURS}, Belonging.MEMBER),
        ({"team_id": OURS, "is_restricted": False, "is_ultra_restricted": False}, Belonging.MEMBER),
        ({"team_id": OURS, "is_restricted": True}, Belonging.GUEST),
        ({"team_id": OURS, "is_restricted": True, "is_ultra_restricted": True}, Belonging.GUEST),
        ({"team_id": OURS, "is_ultra_restricted": True}, Belonging.GUEST),
        ({"team_id": OURS, "is_stranger": True}, Belonging.CONNECTED),
        ({"team_id": OURS, "is_stranger": True, "is_restricted": True}, Belonging.CONNECTED),
        ({"team_id": "T2"}, Belonging.CONNECTED),
        ({"team_id": "T2", "enterprise_user": {"teams": ["T2", OURS]}}, Belonging.MEMBER),
        ({"team_id": "T2", "enterprise_user": {"teams": ["T2"]}}, Belonging.CONNECTED),
        ({"team_id": "T2", "enterprise_user": {"teams": "T1"}}, Belonging.CONNECTED),
        ({"enterprise_user": {"teams": [["T1"], 1, None]}}, Belonging.CONNECTED),
        ({}, Belonging.CONNECTED),
        ("U1", Belonging.CONNECTED),
        (None, Belonging.CONNECTED),
    ],
)
def test_of_each_shape(user: Any, kind: Belonging) -> None:
    assert _belonging(user, OURS) is kind
