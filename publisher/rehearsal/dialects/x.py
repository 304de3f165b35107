"""X: no keys, but one's own posts can be read.

https://docs.x.com/x-api/posts/create-post
"""

from __future__ import annotations

import hashlib
import math
import time
from collections.abc import Sequence
from datetime import UTC, datetime

from publisher.models import Json
from publisher.rehearsal.calls import Call, Plain, Reply, in_json

ACCOUNT = "7"
PROBLEMS = "https://api.x.com/2/problems"


class X(Plain):
    """One post in a call.

    The real one refuses a text that is there; here it is taken twice, so that the
    record shows it.
    """

    is_whole = True

    def __init__(self) -> None:
        self._posts: list[Json] = []

    def aside(self, call: Call) -> Reply | None:
        """Say who one is and what one has posted; take pictures, and posts back."""
        path = call.path.partition("?")[0]
        if path == "/2/users/me":
            return in_json({"data": {"id": ACCOUNT, "username": "rehearsal"}})
        if path == f"/2/users/{ACCOUNT}/tweets":
            found = self._posts[::-1]
            return in_json({"data": found, "meta": {"result_count": len(found)}})
        if path == "/2/media/upload":
            return in_json({"data": {"id": "1", "media_key": "3_1"}})
        if path == "/2/media/metadata":
            return in_json({"data": {"id": "1"}})
        if call.method == "DELETE":
            number = path.rpartition("/")[2]
            self._posts = [one for one in self._posts if one["id"] != number]
            return in_json({"data": {"deleted": True}})
        return None

    def marks(self, call: Call) -> list[str]:
        """Return the number that its text will have."""
        digest = hashlib.blake2b(call.json["text"].encode(), digest_size=7)
        return [f"{int.from_bytes(digest.digest()):d}"]

    def taken(self, call: Call, marks: Sequence[str], refused: set[str]) -> Reply:
        """Show the post."""
        if refused:
            return _problem(400, "Invalid Request", "One or more parameters is invalid")
        text = call.json["text"]
        answered = call.json.get("reply", {}).get("in_reply_to_tweet_id")
        post = {
            "id": marks[0],
            "text": text,
            "created_at": datetime.now(UTC).isoformat(),
            "referenced_tweets": [{"type": "replied_to", "id": answered}]
            if answered
            else [],
        }
        self._posts.append(post)
        return in_json({"data": {"id": marks[0], "text": text}}, 201)

    def throttled(self, seconds: float) -> Reply:
        """Ask to wait, until a Unix time."""
        reply = _problem(429, "Too Many Requests", "Too Many Requests")
        headers = {
            "x-rate-limit-limit": "100",
            "x-rate-limit-remaining": "0",
            "x-rate-limit-reset": f"{math.ceil(time.time() + seconds)}",
        }
        return Reply(429, reply.body, headers)

    def failed(self) -> Reply:
        """Fail as a problem."""
        return _problem(500, "Internal Error", "Something is broken")


def _problem(status: int, title: str, detail: str) -> Reply:
    kind = f"{PROBLEMS}/{title.lower().replace(' ', '-')}"
    problem = {"type": kind, "title": title, "detail": detail, "status": status}
    return in_json(problem, status)


dialect = X
