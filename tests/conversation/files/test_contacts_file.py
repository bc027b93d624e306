"""A host's own list of whom to text, as spreadsheets write it."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.conversation.files.contacts_file import LARGEST, BadContacts, ContactLine, read_contacts

ANA = ContactLine(2, "HMTEST1234", "Ana Sample", "+33639981234")


@pytest.mark.parametrize(
    "text",
    [
        "code,name,phone\nHMTEST1234,Ana Sample,+33639981234\n",
        "code;name;phone\r\nHMTEST1234;Ana Sample;+33639981234\r\n",
        "Code\tName\tPhone\nHMTEST1234\tAna Sample\t+33639981234",
        "\ufeffcode,name,phone\nHMTEST1234,Ana Sample,+33639981234\n\n\n",
        'phone,"code",nights,name\n+33639981234,HMTEST1234,3,"Ana Sample"\n,,,\n',
        " CODE , Name ,PHONE\n HMTEST1234 , Ana  Sample , +33639981234 \n",
    ],
)
def test_however_a_spreadsheet_writes_it(text: str) -> None:
    assert list(read_contacts(text.encode())) == [ANA]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "it lacks code and phone"),
        (b"HMTEST1234,Ana,+33639981234", "it lacks code and phone"),
        (b"code,name\nHMTEST1234,Ana", "it lacks phone"),
        ("code,name,phone\nHM,Zo\xeb,1".encode("latin-1"), "not in UTF-8"),
        (b"PK\x03\x04\x00\x00", "no text"),
        ("code,phone\n".encode("utf-16"), "UTF-8"),
        (b'code,phone\n"HM,1\n', "no CSV"),
        (b"x" * (LARGEST + 1), "bytes"),
        (b"code,phone\n" + b"a,1\n" * 5_001, "more than 5000 lines"),
    ],
)
def test_what_is_no_such_list_is_refused_in_a_sentence(data: bytes, said: str) -> None:
    with pytest.raises(BadContacts, match=said) as refused:
        read_contacts(data)
    assert "+33639981234" not in str(refused.value)


@given(st.binary(max_size=300) | st.text(max_size=300).map(lambda text: f"code,phone\n{text}".encode(errors="replace")))
def test_whatever_the_file_holds(data: bytes) -> None:
    with suppress(BadContacts):
        assert all("\n" not in f"{line.code}{line.name}{line.phone}" for line in read_contacts(data))
