"""What travels with an email: small enough, taken everywhere, and shown if it is."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from publisher.checks import Facts, Found, check, error, warning
from publisher.models import EmailDraft, Slotted

MEGABYTE = 1_000_000
HEAVY = 5 * MEGABYTE  # beyond, a letter opens slowly; many mailboxes take 10 MB
# https://support.google.com/mail/answer/6590
BLOCKED = frozenset(
    "ade adp apk appx appxbundle bat cab chm cmd com cpl diagcab diagcfg diagpkg dll "
    "dmg ex ex_ exe hta img ins iso isp jar jnlp js jse lib lnk mde mjs msc msi msix "
    "msixbundle msp mst nsh pif ps1 scr sct shb sys vb vbe vbs vhd vxd wsc wsf wsh "
    "xll".split()
)
ELSEWHERE = "Try: put it on your site, and link to it"


@check("email.attachments", "email")
def attachments(draft: EmailDraft, facts: Facts) -> Iterator[Found]:
    """Files that every mailbox and every channel takes."""
    for one in draft.attachments:
        ending = one.name.rpartition(".")[2].lower()
        if ending in BLOCKED:
            yield error(f"Gmail refuses mail with {one.name}", hint=ELSEWHERE)
    if not draft.attachments:
        return
    size = sum(one.encoded_size for one in draft.attachments)
    yield from _too_long(draft, facts, size)
    if size > HEAVY:
        message = f"the attachments have {size / MEGABYTE:.1f} MB on their way"
        yield warning(message, hint=ELSEWHERE)


def _too_long(draft: EmailDraft, facts: Facts, attached: int) -> Iterator[Found]:
    from publisher.mime import html_size

    size = attached + html_size(_bare(draft.html)) + len(_bare(draft.text).encode())
    for network, limits in facts.limits.items():
        if limits.size is not None and size > limits.size:
            allowed = f"{network} takes {limits.size / MEGABYTE:.0f}"
            message = f"the email has {size / MEGABYTE:.1f} MB, and {allowed}"
            yield error(message, hint=ELSEWHERE)


@check("email.embedded", "email")
def embedded(draft: EmailDraft, facts: Facts) -> Iterator[Found]:
    """Images that travel with the email are there, and their channel can show them."""
    from publisher import markup

    there = {one.name for one in draft.attachments}
    for image in markup.images(_bare(draft.html)):
        name = image.url.removeprefix("cid:")
        if name != image.url and name not in there:
            hint = f"Try: attachments: [files/{name}] in its schedule"
            yield error(f"the image {image.url} is not attached", hint=hint)
    shown = [one.name for one in draft.attachments if one.content_id]
    unable = [name for name, one in facts.limits.items() if not one.shows_images]
    for network, name in chain.from_iterable(
        [(network, name) for name in shown] for network in unable
    ):
        message = f"{network} cannot show {name}, which travels with the email"
        hint = "Try: another channel, or an image that is linked by https://"
        yield error(message, hint=hint)


def _bare(parts: Slotted) -> str:
    """Return what is the same for all readers."""
    return "".join([part for part in parts if isinstance(part, str)])
