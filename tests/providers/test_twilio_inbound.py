"""Twilio's calls to us: only what Twilio signed counts, whatever path, query and fields it came with."""

import pytest
from twilio.request_validator import RequestValidator

from bot.domain.messages.message import MessageStatus
from bot.domain.pins import Phone
from providers.twilio.inbound import GarbledRequest, TwilioSignatures, read_status, read_text
from tests.providers.silence import BODY, PHONE

PUBLIC_URL = "https://pins.example.com"
SID = "SM" + "0a" * 16
SMS = [("MessageSid", SID), ("From", PHONE), ("To", "+15005550006"), ("Body", "IN"), ("FromCity", "")]
signatures = TwilioSignatures(["primary", "secondary"], PUBLIC_URL + "/")


def sign(path: str, form: list[tuple[str, str]], token: str = "primary", origin: str = PUBLIC_URL) -> str:
    return str(RequestValidator(token).compute_signature(origin + path, dict(form)))


class TestSignature:
    @pytest.mark.parametrize(
        "path",
        ["/twilio/sms", "/twilio/status?m=01J", "/twilio/status?m=a%20b&x=%C3%A9", "/twilio/a%20b?", "/twilio/sms/"],
    )
    @pytest.mark.parametrize("token", ["primary", "secondary"])
    def test_what_twilio_signed(self, path: str, token: str) -> None:
        signed = path.rstrip("?")
        assert signatures.ok(path, SMS, sign(signed, SMS, token))

    def test_fields_in_any_order(self) -> None:
        assert signatures.ok("/twilio/sms", SMS[::-1], sign("/twilio/sms", SMS))

    def test_a_field_that_comes_twice(self) -> None:
        twice = [*SMS, ("Tag", "b"), ("Tag", "a")]
        url = PUBLIC_URL + "/twilio/sms"
        joined = "".join(name + value for name, value in sorted(twice))
        signature = RequestValidator("primary").compute_signature(url + joined, {})
        assert signatures.ok("/twilio/sms", twice, str(signature))

    def test_words_in_every_script(self) -> None:
        form = [("MessageSid", SID), ("Body", "Ça marche 👍 — 開いた")]
        assert signatures.ok("/twilio/sms", form, sign("/twilio/sms", form))

    @pytest.mark.parametrize("origin", ["https://pins.example.com:443", "http://127.0.0.1:8000"])
    def test_ports(self, origin: str) -> None:
        assert TwilioSignatures(["primary"], origin).ok("/twilio/sms", SMS, sign("/twilio/sms", SMS, origin=origin))

    @pytest.mark.parametrize(
        "origin", ["http://pins.example.com", "https://evil.example", "https://pins.example.com:8443"]
    )
    def test_another_origin(self, origin: str) -> None:
        assert not signatures.ok("/twilio/sms", SMS, sign("/twilio/sms", SMS, origin=origin))

    @pytest.mark.parametrize("path", ["/twilio/status", "/twilio/sms?m=1", "/twilio/sms/"])
    def test_another_path(self, path: str) -> None:
        assert not signatures.ok(path, SMS, sign("/twilio/sms", SMS))

    @pytest.mark.parametrize(
        "form",
        [SMS[:-1], [*SMS, ("Extra", "1")], [*SMS[:3], ("Body", "STUCK"), SMS[4]], []],
        ids=["blank field dropped", "field added", "words changed", "nothing"],
    )
    def test_altered_fields(self, form: list[tuple[str, str]]) -> None:
        assert not signatures.ok("/twilio/sms", form, sign("/twilio/sms", SMS))

    @pytest.mark.parametrize("signature", [None, "", "x", "é", "=" * 28, "\ud800"])
    def test_no_signature_worth_the_name(self, signature: str | None) -> None:
        assert not signatures.ok("/twilio/sms", SMS, signature)

    @pytest.mark.parametrize("path", ["", "twilio/sms", "@evil.example/twilio/sms", ":1/twilio/sms", "/\ud800"])
    def test_it_never_raises(self, path: str) -> None:
        assert not signatures.ok(path, [("Body", "\ud800")], "x" * 28)

    @pytest.mark.parametrize("path", ["", ".evil.example/twilio/sms", "@evil.example/twilio/sms"])
    def test_what_is_no_path_of_ours(self, path: str) -> None:
        assert not signatures.ok(path, SMS, sign(path, SMS))

    def test_another_token_and_no_token(self) -> None:
        assert not signatures.ok("/twilio/sms", SMS, sign("/twilio/sms", SMS, "third"))
        assert not TwilioSignatures(["", ""], PUBLIC_URL).ok("/twilio/sms", SMS, sign("/twilio/sms", SMS, ""))


class TestTexts:
    def test_a_text(self) -> None:
        text = read_text(SMS)
        assert (text.sid, text.from_, text.body, text.opt_out_type) == (SID, Phone(PHONE), "IN", None)

    def test_it_does_not_print_what_people_say(self) -> None:
        assert BODY not in repr(read_text([("MessageSid", SID), ("From", PHONE), ("Body", BODY)]))
        assert PHONE not in repr(read_text(SMS))

    @pytest.mark.parametrize(
        "sender",
        ["12345", "HOTEL", "", "whatsapp:", "messenger:5512345", "whatsapp:US.13491208655302741918", "x:y:+336"],
    )
    def test_a_sender_that_is_no_phone(self, sender: str) -> None:
        assert read_text([("MessageSid", SID), ("From", sender)]).from_ is None

    @pytest.mark.parametrize("channel", ["whatsapp", "rcs", "WhatsApp", "channel"])
    def test_a_sender_on_another_channel_is_the_same_phone(self, channel: str) -> None:
        """And what answers it leaves from the address that it came to."""
        ours = f"{channel.lower()}:+15005550006"
        text = read_text([("MessageSid", SID), ("From", f"{channel}:{PHONE}"), ("To", ours), ("Body", "Stop")])
        assert (text.from_, text.over, text.opt_out_type) == (Phone(PHONE), ours, None)
        assert read_text([*SMS, ("To", ours)]).over == ""

    def test_a_text_that_names_its_channel_is_a_text(self) -> None:
        text = read_text([("MessageSid", SID), ("From", f"sms:{PHONE}"), ("To", "+15005550006"), ("Body", "stop")])
        assert (text.from_, text.over, text.opt_out_type) == (Phone(PHONE), "", "STOP")

    @pytest.mark.parametrize(
        ("body", "said"),
        [
            ("STOP", "STOP"),
            (" stop \n", "STOP"),
            ("Cancel", "STOP"),
            ("YES", "START"),
            ("help", "HELP"),
            ("IN", None),
            ("stop it", None),
            ("", None),
        ],
    )
    def test_the_carriers_words(self, body: str, said: str | None) -> None:
        assert read_text([("MessageSid", SID), ("Body", body)]).opt_out_type == said

    def test_what_came_with_it_and_where_it_can_be_seen(self) -> None:
        account, sid = "AC" + "0" * 32, "MM" + "1" * 32
        kinds = {"NumMedia": "3", "MediaContentType0": "image/jpeg", "MediaContentType1": "VIDEO/mp4"}
        urls = {f"MediaUrl{index}": f"https://api.twilio.com/Media/{index}" for index in range(3)}
        text = read_text([("MessageSid", sid), ("AccountSid", account), *kinds.items(), *urls.items()])
        assert text.media == ("photo", "video", "file")
        assert text.link == f"https://www.twilio.com/console/sms/logs/{account}/{sid}"

    @pytest.mark.parametrize("number", ["", "0", "-1", "x", "9" * 40, "²"])
    def test_no_media(self, number: str) -> None:
        text = read_text([("MessageSid", SID), ("NumMedia", number), ("MediaContentType0", "image/png")])
        assert (text.media, text.link) == ((), "")

    def test_media_are_no_more_than_there_can_be_and_no_link_is_made_of_odd_ids(self) -> None:
        text = read_text([("MessageSid", SID), ("AccountSid", "<!here>"), ("NumMedia", "999")])
        assert text.media == ("file",) * 10
        assert text.link == ""

    def test_twilio_says_so_itself(self) -> None:
        form = [("MessageSid", SID), ("Body", "ARRET"), ("OptOutType", "stop")]
        assert read_text(form).opt_out_type == "STOP"

    @pytest.mark.parametrize("sid", [SID[:-1], SID + "0", "SM1", "XX" + SID[2:], SID + "\n", SID[:-1] + "٣", "SM/../x"])
    def test_a_sid_has_a_form(self, sid: str) -> None:
        with pytest.raises(GarbledRequest):
            read_text([("MessageSid", sid), ("Body", "IN")])
        with pytest.raises(GarbledRequest):
            read_status([("MessageSid", sid), ("MessageStatus", "sent")], "/twilio/status")

    @pytest.mark.parametrize("body", ["I\x00N", "a\ud83dz", "\x1b[31mred", "a\x9bz", "\ufffe"])
    def test_a_sign_that_cannot_be_kept_is_replaced(self, body: str) -> None:
        read = read_text([("MessageSid", SID), ("Body", body)]).body
        assert "�" in read
        assert read.replace("�", "").isprintable()

    @pytest.mark.parametrize("form", [[], [("Body", "IN")], [("MessageSid", "")]])
    def test_without_a_sid(self, form: list[tuple[str, str]]) -> None:
        with pytest.raises(GarbledRequest):
            read_text(form)
        with pytest.raises(GarbledRequest):
            read_status(form, "/twilio/status")


def report(state: str, **fields: str) -> list[tuple[str, str]]:
    return [("MessageSid", SID), ("MessageStatus", state), *fields.items()]


class TestReports:
    @pytest.mark.parametrize(
        ("state", "status"),
        [
            ("accepted", MessageStatus.SENT),
            ("scheduled", MessageStatus.SENT),
            ("queued", MessageStatus.SENT),
            ("sending", MessageStatus.SENT),
            ("sent", MessageStatus.SENT),
            ("delivered", MessageStatus.DELIVERED),
            ("read", MessageStatus.DELIVERED),
            ("undelivered", MessageStatus.UNDELIVERED),
            ("failed", MessageStatus.UNDELIVERED),
            ("canceled", MessageStatus.UNDELIVERED),
            ("DELIVERED", MessageStatus.DELIVERED),
        ],
    )
    def test_states(self, state: str, status: MessageStatus) -> None:
        read = read_status(report(state), "/twilio/status?m=01J")
        assert read is not None
        assert (read.sid, read.status, read.message_id) == (SID, status, "01J")

    @pytest.mark.parametrize("state", ["", "receiving", "received", "partially_delivered", "yet_to_be_invented"])
    def test_states_that_tell_nothing(self, state: str) -> None:
        assert read_status(report(state), "/twilio/status?m=01J") is None

    @pytest.mark.parametrize("named", ["%00", "a%00b", "%F0%9F", "x" * 256, "a%0Ab"])
    def test_an_address_that_is_none_of_ours_names_no_message(self, named: str) -> None:
        read = read_status(report("sent"), f"/twilio/status?m={named}")
        assert read is not None
        assert read.message_id is None

    def test_the_older_field(self) -> None:
        read = read_status([("SmsSid", SID), ("SmsStatus", "sent")], "/twilio/status")
        assert read is not None
        assert (read.sid, read.message_id) == (SID, None)

    def test_why_it_did_not_arrive(self) -> None:
        read = read_status(report("undelivered", ErrorCode="30003"), "/twilio/status?m=01J")
        assert read is not None
        assert read.error_code == 30003
        assert read.problem == "The phone could not be reached: it may be switched off or without a signal."

    @pytest.mark.parametrize("code", ["", "0", "x", "-1", "²", "9" * 30])
    def test_odd_error_codes(self, code: str) -> None:
        read = read_status(report("failed", ErrorCode=code), "/twilio/status?m=01J")
        assert read is not None
        assert read.error_code is None
        assert read.problem == "The text did not get through."

    def test_no_problem_where_there_is_none(self) -> None:
        read = read_status(report("delivered", ErrorCode=""), "/twilio/status?x=1&m=a%26b")
        assert read is not None
        assert (read.problem, read.message_id) == (None, "a&b")
