"""The providers' own documents, asked about a call: form, limits, who signs how."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft4Validator, Draft202012Validator

from publisher.models import Json
from publisher.rehearsal import Call
from tests.doubles.letters import form
from tests.doubles.lexicons import Lexicons

MEGABYTE = 1_000_000
IN_PATHS = "/post/requestBody/content/application~1json/schema"
LONGEST_LINE = 998  # RFC 5322, section 2.1.1
# The path, and what the document or the manual says stands in the headers.
CALLS: dict[str, tuple[str, dict[str, str]]] = {
    "brevo": ("/v3/smtp/email", {"api-key": ".+"}),
    "mailgun": (
        "/v3/mg.example.org/messages",
        {"authorization": "Basic .+", "content-type": "multipart/form-data; .+"},
    ),
    "mailjet": ("/v3.1/send", {"authorization": "Basic .+"}),
    "mailtrap": ("/api/batch", {"authorization": "Bearer .+"}),
    "postmark": ("/email/batch", {"x-postmark-server-token": ".+"}),
    "resend": (
        "/emails/batch",
        {
            "authorization": "Bearer .+",
            "user-agent": ".+",
            "idempotency-key": ".{1,256}",
            "x-batch-validation": "permissive",
        },
    ),
    "sendgrid": ("/v3/mail/send", {"authorization": "Bearer .+"}),
    "ses": (
        "/v2/email/outbound-emails",
        {"authorization": "AWS4-HMAC-SHA256 .+/ses/.+"},
    ),
    "sparkpost": ("/api/v1/transmissions", {"authorization": r"[^\s]+"}),
    "mastodon": (
        "/api/v1/statuses",
        {"authorization": "Bearer .+", "idempotency-key": ".+"},
    ),
    "bluesky": ("/xrpc/com.atproto.repo.putRecord", {"authorization": "Bearer .+"}),
    "x": ("/2/tweets", {"authorization": "Bearer .+"}),
    "webhook": (
        "/",
        {
            "webhook-id": ".+",
            "webhook-timestamp": r"\d{10}",
            "webhook-signature": "v1,.+",
        },
    ),
}
# Most readers in a call, and bytes.
LIMITS = {
    "brevo": (1000, 20 * MEGABYTE),
    "mailgun": (1000, 25 * MEGABYTE),
    "mailjet": (50, 15 * MEGABYTE),
    "mailtrap": (500, 50 * MEGABYTE),
    "postmark": (500, 50 * MEGABYTE),
    "resend": (100, 40 * MEGABYTE),
    "sendgrid": (1000, 30 * MEGABYTE),
    "ses": (1, 40 * MEGABYTE),
    "smtp": (1, 50 * MEGABYTE),
    "sparkpost": (10_000, 20 * MEGABYTE),
}


def problems(
    provider: str, call: Call, specs: Path | None, secret: str
) -> Iterator[str]:
    """Say what is wrong with the form of a call; of its body, where `specs` are."""
    if provider == "smtp":
        yield from _lines(bytes(call.body))
        return
    path, headers = CALLS[provider]
    if provider == "resend" and call.path == "/emails":
        path, headers = call.path, {**headers, "x-batch-validation": ""}
    if (call.method, call.path.partition("?")[0]) != ("POST", path):
        yield f"{call.method} {call.path}"
    wanted = {"content-type": "application/json.*", **headers}
    if provider == "ses":  # boto3 gives none, and the service wants none
        del wanted["content-type"]
    for name, form_of in wanted.items():
        if not re.fullmatch(form_of, call.headers.get(name, "")):
            yield f"header {name}"
    if provider == "webhook":
        yield from _signature(call, secret)
    if specs is not None:
        yield from BODIES[provider](call, specs)


@cache  # they are long
def _document(path: Path) -> Json:
    text = path.read_text(encoding="utf-8")
    found: Json = (
        json.loads(text)
        if path.suffix == ".json"
        else yaml.load(text, yaml.CSafeLoader)
    )
    return found


@cache
def _schema(path: Path, where: str) -> Any:
    kind = Draft4Validator if path.name == "brevo.yaml" else Draft202012Validator
    return kind({**_document(path), "$ref": where})


def _errors(value: Any, path: Path, where: str) -> Iterator[str]:
    for error in _schema(path, where).iter_errors(value):
        yield f"{error.json_path}: {error.message[:200]}"


def _unknown(value: Json, known: Any, where: str) -> Iterator[str]:
    yield from (f"{where}: {name} is unknown" for name in value if name not in known)


def _postmark(call: Call, specs: Path) -> Iterator[str]:
    path = specs / "postmark.sdk.json"
    yield from _errors(call.json, path, f"#/paths/~1email~1batch{IN_PATHS}")
    known = _document(path)["components"]["schemas"]["Email"]["properties"]
    for one in call.json:
        yield from _unknown(one, known, "message")


def _resend(call: Call, specs: Path) -> Iterator[str]:
    path = specs / "resend.json"
    is_one = isinstance(call.json, dict)
    where = "~1emails" if is_one else "~1emails~1batch"
    yield from _errors(call.json, path, f"#/paths/{where}{IN_PATHS}")
    known = _document(path)["components"]["schemas"]["SendEmailRequest"]["properties"]
    for one in [call.json] if is_one else call.json:
        if "attachments" in one and not is_one:
            yield "the batch endpoint drops attachments"
        yield from _unknown(one, known, "message")
        for tag in one["tags"]:
            for value in tag.values():
                if not re.fullmatch(r"[A-Za-z0-9_-]{1,256}", value):
                    yield f"tag {value}"


def _brevo(call: Call, specs: Path) -> Iterator[str]:
    path = specs / "brevo.yaml"
    yield from _errors(call.json, path, "#/definitions/sendSmtpEmail")
    known = _document(path)["definitions"]
    yield from _unknown(call.json, known["sendSmtpEmail"]["properties"], "body")
    # The document does not have what the manual has: headers for each version.
    version = {*known["sendSmtpEmail_messageVersions"]["properties"], "headers"}
    for one in call.json["messageVersions"]:
        yield from _unknown(one, version, "version")
        if not "".join(one["headers"].values()).isascii():
            yield "a header beyond ASCII"


def _mailtrap(call: Call, specs: Path) -> Iterator[str]:
    path = specs / "mailtrap-bulk.yaml"
    yield from _errors(call.json, path, f"#/paths/~1api~1batch{IN_PATHS}")


def _mailjet(call: Call, specs: Path) -> Iterator[str]:
    path = specs / "mailjet-send.transcribed.yaml"
    yield from _errors(call.json, path, f"#/paths/~1v3.1~1send{IN_PATHS}")


def _mailgun(call: Call, specs: Path) -> Iterator[str]:
    path, fields = specs / "mailgun.yaml", form(call)
    name = "POST-v3-domain_name-messages-multipart-form-data-RequestBody"
    known = _document(path)["components"]["schemas"][name]["properties"]
    lists = {one for one, facts in known.items() if facts.get("type") == "array"}
    typed = {key: all_ if key in lists else all_[0] for key, all_ in fields.items()}
    yield from _errors(typed, path, f"#/components/schemas/{name}")
    yield from (
        f"field {one} is unknown"
        for one in fields
        if one not in known and not one.startswith(("h:", "v:"))
    )


def _sendgrid(call: Call, specs: Path) -> Iterator[str]:
    path = specs / "sendgrid.json"
    where = "components/requestBodies/PostMailSend/content"
    yield from _errors(call.json, path, f"#/{where}/application~1json/schema")
    body = _document(path)["components"]["requestBodies"]["PostMailSend"]
    known = body["content"]["application/json"]["schema"]["properties"]
    yield from _unknown(call.json, known, "body")
    own = known["personalizations"]["items"]["properties"]
    for one in call.json["personalizations"]:
        yield from _unknown(one, own, "personalization")


def _sparkpost(call: Call, specs: Path) -> Iterator[str]:
    path = specs / "sparkpost.transcribed.yaml"
    yield from _errors(call.json, path, f"#/paths/~1transmissions{IN_PATHS}")


def _ses(call: Call, specs: Path) -> Iterator[str]:
    shapes = _document(specs / "ses-v2.botocore.json")["shapes"]
    yield from _shaped(call.json, "SendEmailRequest", shapes)
    yield from _lines(base64.b64decode(call.json["Content"]["Raw"]["Data"]))


def _shaped(value: Any, name: str, shapes: Json) -> Iterator[str]:
    """Compare a value with a shape of https://smithy.io, as far as a request needs."""
    shape = shapes[name]
    match shape["type"]:
        case "structure" if isinstance(value, dict):
            for one in shape.get("required", ()):
                if one not in value:
                    yield f"{name}: {one} is missing"
            yield from _unknown(value, shape["members"], name)
            for one in value.keys() & shape["members"].keys():
                yield from _shaped(value[one], shape["members"][one]["shape"], shapes)
        case "list" if isinstance(value, list):
            for one in value:
                yield from _shaped(one, shape["member"]["shape"], shapes)
        case "string" | "blob" if isinstance(value, str):
            if len(value) < shape.get("min", 0):
                yield f"{name}: too short"
        case _:
            yield f"{name}: {type(value).__name__}"


def _mastodon(call: Call, specs: Path) -> Iterator[str]:
    path = specs / "mastodon.json"
    yield from _errors(call.json, path, "#/components/schemas/TextStatus")
    known = _document(path)["components"]["schemas"]
    names = {*known["BaseStatus"]["properties"]}
    names |= {*known["TextStatus"]["allOf"][1]["properties"]}
    yield from _unknown(call.json, names, "status")


@cache
def _lexicons(path: Path) -> Lexicons:
    return Lexicons(path)


def _bluesky(call: Call, specs: Path) -> Iterator[str]:
    lexicons = _lexicons(specs / "bluesky.lexicons.json")
    put = lexicons.defs["com.atproto.repo.putRecord"]["main"]["input"]["schema"]
    yield from _unknown(call.json, put["properties"], "putRecord")
    yield from (f"{one} is missing" for one in put["required"] if one not in call.json)
    yield from lexicons.check(call.json["record"], "app.bsky.feed.post")


def _x(call: Call, specs: Path) -> Iterator[str]:
    path = specs / "x.json"
    yield from _errors(call.json, path, "#/components/schemas/CreatePostsRequest")


def _webhook(call: Call, specs: Path) -> Iterator[str]:  # its document is ours
    wanted = {"type", "id", "key", "timestamp", "text", "url"}
    yield from (f"{one} is missing" for one in wanted - call.json.keys())


def _signature(call: Call, secret: str) -> Iterator[str]:
    """Verify it as https://www.standardwebhooks.com says."""
    head = f"{call.headers['webhook-id']}.{call.headers['webhook-timestamp']}."
    digest = hmac.new(secret.encode(), head.encode() + call.body, hashlib.sha256)
    if call.headers["webhook-signature"] != (
        f"v1,{base64.b64encode(digest.digest()).decode()}"
    ):
        yield "the signature is wrong"


def _lines(content: bytes) -> Iterator[str]:
    """Check what RFC 5322 says of a message's lines."""
    if not content.isascii():
        yield "the message has bytes beyond ASCII"
    if b"\n" in content.replace(b"\r\n", b"") or b"\r" in content.replace(b"\r\n", b""):
        yield "the message has a bare line end"
    if max(map(len, content.split(b"\r\n"))) > LONGEST_LINE:
        yield "the message has too long a line"
    head = content.partition(b"\r\n\r\n")[0].decode("latin-1")
    for name in ("From", "To", "Date", "Message-ID", "Subject", "MIME-Version"):
        if len(re.findall(rf"^{name}:", head, re.M | re.I)) != 1:
            yield f"{name} must stand there once"
    if re.search(r"^(Cc|Bcc):", head, re.M | re.I):
        yield "there are other readers"


BODIES: dict[str, Callable[[Call, Path], Iterator[str]]] = {
    "bluesky": _bluesky,
    "brevo": _brevo,
    "mailgun": _mailgun,
    "mailjet": _mailjet,
    "mailtrap": _mailtrap,
    "mastodon": _mastodon,
    "postmark": _postmark,
    "resend": _resend,
    "sendgrid": _sendgrid,
    "ses": _ses,
    "sparkpost": _sparkpost,
    "webhook": _webhook,
    "x": _x,
}
