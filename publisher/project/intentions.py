"""What somebody means to send: a campaign, one narrowed by flags, or a one-off."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypedDict

from publisher.errors import ConfigError
from publisher.models import (
    Article,
    Campaign,
    Channel,
    EmailPart,
    PostPart,
    Selection,
)


class Flags(TypedDict, total=False):
    """The flags of `plan` and `send`, as keywords; what is not there stays as it is."""

    through: str
    to: Sequence[str]
    list: str
    template: str
    again: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The flags of `plan` and `send`; empty means: as the campaign says.

    `to` are addresses that get a test; `again` takes articles that were sent before.
    """

    through: str = ""
    to: Sequence[str] = ()
    list: str = ""
    template: str = ""
    again: bool = False


@dataclass(frozen=True, slots=True)
class Intention:
    """A campaign and the articles that it may choose from."""

    campaign: Campaign
    articles: Sequence[Article]


def narrowed(
    campaign: Campaign, asked: Asked, channel: Callable[[str], Channel]
) -> Campaign:
    """Return the campaign as the flags narrow it: one channel, a test, a list."""
    if asked.again:
        always = replace(campaign.articles, since="always")
        campaign = replace(campaign, articles=always)
    email = campaign.email
    if email and asked.template:
        email = replace(email, template=asked.template)
    if email and asked.list:
        email = replace(email, list=asked.list)
    if asked.to:
        return _test_of(replace(campaign, email=email), asked)
    if not asked.through:
        return replace(campaign, email=email)
    if channel(asked.through).kind == "post":
        posts = tuple(
            replace(part, through=(asked.through,)) for part in campaign.posts[:1]
        )
        posts = posts or (PostPart(through=(asked.through,)),)
        return replace(campaign, email=None, posts=posts)
    email = replace(email or EmailPart(), through=asked.through)
    return replace(campaign, email=email, posts=())


def _test_of(campaign: Campaign, asked: Asked) -> Campaign:
    if campaign.email is None:
        raise ConfigError(
            f"campaign {campaign.name!r} has no email to test",
            hint="Leave out --to, or give an article",
        )
    email = campaign.email
    return replace(
        campaign,
        name=f"test-{campaign.name}",
        articles=replace(campaign.articles, since="always"),
        email=replace(
            email, to=tuple(asked.to), through=asked.through or email.through
        ),
        posts=(),
    )


def one_off(
    article: Article, asked: Asked, channel: Channel, *, sender: str
) -> Campaign:
    """Return a campaign of one article through one channel.

    Its name is made of both, so the same one-off twice is the same campaign, and what
    it has sent it does not send again. An email for nobody in particular goes to the
    outbox as a letter to the `sender`.
    """
    kind = "test" if asked.to else "once"
    through = asked.through or "outbox"
    campaign = Campaign(
        name=f"{kind}-{article.slug}-{through.replace(':', '-')}",
        articles=Selection(
            only=(article.slug,),
            since="always" if asked.again or asked.to else "last issue",
        ),
        source=article.source,
    )
    if channel.kind == "post":
        post = PostPart(template=asked.template or "announcement", through=(through,))
        return replace(campaign, posts=(post,))
    if not (asked.to or asked.list or channel.is_outbox):
        raise ConfigError(
            f"who should get {article.slug!r} through {through}?",
            hint="Try: --to ADDRESS or --list NAME",
        )
    email = EmailPart(
        template=asked.template or "letter",
        list=asked.list,
        to=tuple(asked.to) or (() if asked.list else (sender,)),
        through=through,
    )
    return replace(campaign, email=email)
