"""Seals: PINs and phone numbers at rest. The newest key seals, every known key opens; a fingerprint finds a value
without opening anything."""

import hmac
from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_KEY_ID = 16


class UnknownSeal(Exception):
    """None of the keys opens this value: a key was removed before `keys rotate` had run. The words are for the
    operator."""

    def __init__(self) -> None:
        super().__init__(
            "The keys do not open what this database holds: put back the key that it was sealed with. That is the old "
            "one behind the new in NIGHTPORTER_KEYS, or, where that is not set, the .key file beside the database."
        )


def new_key() -> str:
    """A fresh key for NIGHTPORTER_KEYS."""
    return Fernet.generate_key().decode("ascii")


def check_key(key: str) -> None:
    """Raises ValueError unless this is a usable key."""
    Fernet(key.encode("ascii"))


class Seals:
    """`keys`: url-safe base64 of 32 bytes each, newest first."""

    def __init__(self, keys: Sequence[str]) -> None:
        if not keys:
            raise ValueError("at least one key is needed")
        self._fernet = MultiFernet([Fernet(key.encode("ascii")) for key in keys])
        self._newest = Fernet(keys[0])
        self._marks = [hmac.new(_fingerprint_key(key), digestmod="sha256") for key in keys]
        self.key_ids = tuple(_derived(key, b"nightporter key id").hex()[:_KEY_ID] for key in keys)
        """Tell one key from another, and nothing about it; newest first."""

    def seal(self, text: str) -> bytes:
        return self._newest.encrypt(text.encode(errors="replace"))

    def open(self, sealed: bytes) -> str:
        """Raises UnknownSeal."""
        try:
            return self._fernet.decrypt(sealed).decode()
        except InvalidToken:
            raise UnknownSeal from None

    def is_newest(self, sealed: bytes) -> bool:
        """Whether the newest key has sealed it."""
        try:
            self._newest.decrypt(sealed)
        except InvalidToken:
            return False
        return True

    def fingerprint(self, text: str) -> str:
        """The mark under which a value is kept from now on."""
        return _mark(self._marks[0], text)

    def fingerprints(self, text: str) -> list[str]:
        """Every mark the value may have been kept under, newest key first."""
        return [_mark(key, text) for key in self._marks]


def _fingerprint_key(key: str) -> bytes:
    return _derived(key, b"nightporter fingerprint")


def _derived(key: str, purpose: bytes) -> bytes:
    return HKDF(SHA256(), 32, salt=None, info=purpose).derive(key.encode("ascii"))


def _mark(keyed: hmac.HMAC, text: str) -> str:
    """`keyed`: has taken the key, and nothing yet."""
    mark = keyed.copy()
    mark.update(text.encode(errors="replace"))
    return mark.hexdigest()
