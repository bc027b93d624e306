"""A notice as Block Kit: within Slack's limits, and with nothing in it that people could have smuggled in."""

import pytest

from bot.domain.messages.notice import Button, Notice
from providers.sandbox.block_kit import check_blocks
from providers.slack.blocks import FALLBACK, fallback, mention, mrkdwn, render

CARD = Notice(
    "Cleo at Front door: to decide",
    (("Guest", "Cleo (+33•••11)"), ("Asked by", mention("U_ADA"))),
    ("Once the PIN is made it cannot be taken back.",),
    (Button("approve", "Approve", "req-1", "primary", "No way back."), Button("deny", "Deny", "req-1", "danger")),
)


class TestCard:
    def test_as_slack_draws_it(self) -> None:
        assert render(CARD) == [
            {"type": "header", "text": {"type": "plain_text", "text": "Cleo at Front door: to decide", "emoji": False}},
            {
                "type": "section",
                "fields": [
                    {"type": "mrkdwn", "text": "*Guest*\nCleo (+33•••11)"},
                    {"type": "mrkdwn", "text": "*Asked by*\n<@U_ADA>"},
                ],
            },
            {
                "type": "context",
                "elements": [{"type": "mrkdwn", "text": "Once the PIN is made it cannot be taken back."}],
            },
            {"type": "actions", "elements": [_approve(), _deny()]},
        ]

    def test_as_text(self) -> None:
        assert fallback(CARD) == (
            "Cleo at Front door: to decide\nGuest: Cleo (+33•••11)\nAsked by: <@U_ADA>\n"
            "Once the PIN is made it cannot be taken back."
        )


def _words(text: str) -> dict[str, object]:
    return {"type": "plain_text", "text": text, "emoji": False}


def _approve() -> dict[str, object]:
    confirm = {
        "title": _words("Approve"),
        "text": _words("No way back."),
        "confirm": _words("Approve"),
        "deny": _words("Go back"),
        "style": "primary",
    }
    base = {"type": "button", "action_id": "approve", "text": _words("Approve"), "value": "req-1", "style": "primary"}
    return {**base, "confirm": confirm}


def _deny() -> dict[str, object]:
    return {"type": "button", "action_id": "deny", "text": _words("Deny"), "value": "req-1", "style": "danger"}


LONG = "é<&>" * 1000
HUGE = Notice(
    LONG,
    tuple((LONG, LONG) for _ in range(95)),
    tuple(LONG for _ in range(500)),
    tuple(Button(f"a{n % 30}", LONG, "v", "danger", LONG) for n in range(60)),
)


class TestLimits:
    @pytest.mark.parametrize(
        "notice",
        [
            CARD,
            HUGE,
            Notice("x"),
            Notice(" ", remarks=("x",)),
            Notice("x", (("", ""), ("a", ""))),
            Notice("x", remarks=("", " ")),
            Notice("x", buttons=(Button("a", "", "", "fancy"),)),
            Notice("x", buttons=tuple(Button("pick", f"Offer {n}", str(n)) for n in range(5))),
            Notice("x" * 150, (("<" * 3000, "&" * 3000),)),
        ],
        ids=range(9),
    )
    def test_slack_takes_it(self, notice: Notice) -> None:
        assert check_blocks(render(notice)) == []
        assert len(fallback(notice)) <= FALLBACK

    def test_ten_facts_a_section(self) -> None:
        blocks = render(Notice("x", tuple((str(n), "v") for n in range(23))))
        assert [len(b["fields"]) for b in blocks if b["type"] == "section"] == [10, 10, 3]

    def test_ten_remarks_a_line(self) -> None:
        blocks = render(Notice("x", remarks=tuple("remark" for _ in range(12))))
        assert [len(b["elements"]) for b in blocks if b["type"] == "context"] == [10, 2]

    def test_buttons_stay_when_there_is_too_much(self) -> None:
        blocks = render(HUGE)
        buttons = [e for b in blocks if b["type"] == "actions" for e in b["elements"]]
        assert len(blocks) == 50
        assert len(buttons) == 60

    def test_an_action_comes_once_a_row(self) -> None:
        rows = render(Notice("x", buttons=(Button("a", "A", "1"), Button("b", "B", "1"), Button("a", "A", "2"))))[1:]
        assert [[e["action_id"] for e in row["elements"]] for row in rows] == [["a", "b"], ["a"]]

    def test_an_id_is_never_cut(self) -> None:
        (row,) = render(Notice("x", buttons=(Button("a", "A", "v" * 300),)))[1:]
        assert row["elements"][0]["value"] == "v" * 300

    @pytest.mark.parametrize(
        ("words", "limit", "cut"),
        [
            ("short", 5, "short"),
            ("longer", 5, "long…"),
            ("a&b", 7, "a&amp;b"),
            ("a&bc", 7, "a&amp;…"),
            ("ab&c", 6, "ab…"),
            ("hi <@U123>", 10, "hi <@U123>"),
            ("hi <@U123>!", 10, "hi …"),
        ],
    )
    def test_cut_between_what_belongs_together(self, words: str, limit: int, cut: str) -> None:
        assert mrkdwn(words, limit) == cut
        assert len(cut) <= limit


class TestEscaping:
    @pytest.mark.parametrize(
        ("typed", "shown"),
        [
            ("Tom & Jerry", "Tom &amp; Jerry"),
            ("<!channel>", "&lt;!channel&gt;"),
            ("<!here|x> <!everyone>", "&lt;!here|x&gt; &lt;!everyone&gt;"),
            ("<!subteam^S123>", "&lt;!subteam^S123&gt;"),
            ("<https://evil.example|your bank>", "&lt;https://evil.example|your bank&gt;"),
            ("<#C123|general>", "&lt;#C123|general&gt;"),
            ("<#c123>", "&lt;#c123&gt;"),
            ("An approver decides in <#C_APPROVALS>.", "An approver decides in <#C_APPROVALS>."),
            ("&lt;!channel&gt;", "&amp;lt;!channel&amp;gt;"),
            ("<@U123|your boss>", "&lt;@U123|your boss&gt;"),
            ("<@u123>", "&lt;@u123&gt;"),
            (f"Approved by {mention('U_BEN')}, <b>", "Approved by <@U_BEN>, &lt;b&gt;"),
            (mention("W0123"), "<@W0123>"),
        ],
    )
    def test_only_a_person_or_a_channel_may_be_named(self, typed: str, shown: str) -> None:
        fact, remark = render(Notice("x", (("Why", typed),), (typed,)))[1:]
        assert fact["fields"][0]["text"] == f"*Why*\n{shown}"
        assert remark["elements"][0]["text"] == shown
        assert fallback(Notice(typed)) == shown

    def test_labels_too(self) -> None:
        assert render(Notice("x", (("<!here>", "y"),)))[1]["fields"][0]["text"] == "*&lt;!here&gt;*\ny"
