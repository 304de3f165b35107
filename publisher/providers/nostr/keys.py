"""How Nostr writes keys and events for people: bech32, as NIP-19 says.

https://github.com/nostr-protocol/nips/blob/master/19.md
https://github.com/bitcoin/bips/blob/master/bip-0173.mediawiki
"""

from __future__ import annotations

from collections.abc import Iterable

ALPHABET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_SUMS = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
CHECK = 6  # letters
SIZE = 32  # bytes of a key or an id


def encode(kind: str, value: bytes) -> str:
    """Return the value with its kind before it and a check sum behind it.

    >>> encode("npub", bytes(32))[:12]
    'npub1qqqqqqq'
    """
    words = _regrouped(value, 8, 5)
    total = _checksum([*_expanded(kind), *words, *[0] * CHECK]) ^ 1
    check = [(total >> 5 * (CHECK - 1 - place)) & 31 for place in range(CHECK)]
    return f"{kind}1{''.join(ALPHABET[one] for one in [*words, *check])}"


def decode(kind: str, text: str) -> bytes:
    """Return the 32 bytes; a `ValueError` says that they are none of this kind."""
    written = text.strip().lower()
    head, _, body = written.rpartition("1")
    if head != kind or any(letter not in ALPHABET for letter in body):
        raise ValueError(f"no {kind}")
    words = [ALPHABET.index(letter) for letter in body]
    value = bytes(_regrouped(words[:-CHECK], 5, 8))[:SIZE]
    if _checksum([*_expanded(kind), *words]) != 1 or encode(kind, value) != written:
        raise ValueError(f"no {kind}: its check sum is wrong")
    return value


def secret(text: str) -> bytes:
    """Return a secret key that is written as nsec1... or as 64 hexadecimal digits."""
    try:
        value = bytes.fromhex(text.strip())
    except ValueError:
        value = decode("nsec", text)
    if len(value) != SIZE:
        raise ValueError("no key of 32 bytes")
    return value


def _expanded(kind: str) -> list[int]:
    return [*(ord(one) >> 5 for one in kind), 0, *(ord(one) & 31 for one in kind)]


def _checksum(words: Iterable[int]) -> int:
    total = 1
    for word in words:
        top = total >> 25
        total = (total & 0x1FFFFFF) << 5 ^ word
        for place, one in enumerate(_SUMS):
            total ^= one if top >> place & 1 else 0
    return total


def _regrouped(values: Iterable[int], before: int, after: int) -> list[int]:
    """Return the same bits in groups of another size, with zeros at the end."""
    rest = bits = 0
    found = []
    for one in values:
        rest, bits = rest << before | one, bits + before
        while bits >= after:
            bits -= after
            found.append(rest >> bits & ((1 << after) - 1))
    if bits and before > after:
        found.append(rest << (after - bits) & ((1 << after) - 1))
    return found
