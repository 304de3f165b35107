"""What somebody means to send: a campaign, one narrowed by flags, or a one-off."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TypedDict

from publisher.errors import ConfigError
from publisher.models import (
    Article,
    Campaign,
    Channel,
    EmailPart,
    PostPart,
    Selection,
    unique,
)
from publisher.text import suggest


class Flags(TypedDict, total=False):
    """The flags of `plan` and `send`, as keywords; what is not there stays as it is."""

    through: str
    to: str | Sequence[str]
    list: str
    template: str
    attach: Sequence[str]
    again: bool
    urgent: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The flags of `plan` and `send`; empty means: as the campaign says.

    `to` are addresses that get a test; `attach` are paths of files that go with the
    email, besides the campaign's; `again` takes articles that were sent before, and
    `urgent` heeds neither quiet hours nor a frequency cap.
    """

    through: str = ""
    to: Sequence[str] = ()
    list: str = ""
    template: str = ""
    attach: Sequence[str] = ()
    again: bool = False
    urgent: bool = False


@dataclass(frozen=True, slots=True)
class Intention:
    """A campaign and the articles that it may choose from."""

    campaign: Campaign
    articles: Sequence[Article]
    is_one_off: bool = False

    def to_look_at(self) -> tuple[Intention, list[str]]:
        """Return it as a preview shows it, and what must be said beside.

        Who names an article wants to see it, finished or not; a campaign shows what it
        would send.
        """
        drafts = [one for one in self.articles if one.draft]
        if not self.is_one_off or not drafts:
            return self, []
        articles = [replace(one, draft=False) for one in self.articles]
        return replace(self, articles=articles), ["article is a draft"]


def asked_for(
    *,
    through: str = "",
    to: str | Sequence[str] = (),
    list: str = "",  # noqa: A002  the flag is called so
    template: str = "",
    attach: Sequence[str] = (),
    again: bool = False,
    urgent: bool = False,
    normal: Callable[[str], str],
    lists: Collection[str],
) -> Asked:
    """Return the flags, checked: one address may stand alone, a list must be known.

    `normal` refuses what is no address. Where the owner names no lists, any goes.
    """
    addresses = (to,) if isinstance(to, str) else tuple(to)
    addresses = tuple({normal(one): one for one in addresses}.values())
    if addresses and list:
        raise ConfigError(
            "a test goes to an address or to a list, not to both",
            hint="Try: only --to, or only --list",
        )
    refuse_list(list, lists)
    return Asked(
        through=through,
        to=addresses,
        list=list,
        template=template,
        attach=tuple(attach),
        again=again,
        urgent=urgent,
    )


def refuse_list(name: str, lists: Collection[str]) -> None:
    """Raise `ConfigError` where the owner names lists and this is none of them."""
    if not name or not lists or name in lists:
        return
    close = suggest(name, list(lists))
    raise ConfigError(
        f'there is no list "{name}" in publisher.yaml',
        hint=f"Did you mean {close}?" if close else f"Try one of: {', '.join(lists)}",
    )


def _refuse_readers(asked: Asked, channel: Channel) -> None:
    """A post is for everybody: a flag that names readers cannot narrow it."""
    if asked.attach:
        raise ConfigError(
            f"a post through {asked.through} carries no attachment",
            hint="Try: without --attach",
        )
    if asked.to or asked.list:
        raise ConfigError(
            f"a post through {asked.through} is public: it has no readers to choose",
            hint=f"Try: without {'--to' if asked.to else '--list'}; to look at it, "
            f"--through outbox:{channel.network}",
        )


def _refuse_others(name: str, asked: Asked) -> None:
    """In a sequence the books know who gets what, and that is once."""
    flag = "--list" if asked.list else "--again"
    if asked.list or (asked.again and not asked.to):
        raise ConfigError(
            f"{name} counts from when each reader subscribed: {flag} has no meaning",
            hint=f"Try: publisher send {name} --to ADDRESS, a test",
        )


def narrowed(
    campaign: Campaign, asked: Asked, channel: Callable[[str], Channel]
) -> Campaign:
    """Return the campaign as the flags narrow it: one channel, a test, a list."""
    if campaign.delay:
        _refuse_others(campaign.name, asked)
    if asked.again:
        always = replace(campaign.articles, since="always")
        campaign = replace(campaign, articles=always)
    through = channel(asked.through) if asked.through else None
    if through and through.kind == "post" and campaign.delay:
        raise ConfigError(
            f"{campaign.name} counts from when each reader subscribed, and a post has "
            "no reader",
            hint=f"Try: publisher send {campaign.name} --to ADDRESS, a test",
        )
    if through and through.kind == "post":
        _refuse_readers(asked, through)
        return replace(campaign, email=None, posts=(_post_of(campaign, asked),))
    email = campaign.email
    if through:
        if email is None and not (asked.to or asked.list):
            raise _for_whom(campaign.name, asked.through)
        campaign = replace(campaign, posts=())
        email = email or EmailPart()
        email = replace(email, through=asked.through, instead=(), shares=())
    if email is None:
        _refuse_email(campaign, asked)
        return campaign
    email = replace(
        email,
        template=asked.template or email.template,
        list=asked.list or email.list,
        attachments=unique([*email.attachments, *asked.attach]),
        is_urgent=email.is_urgent or asked.urgent,
    )
    campaign = replace(campaign, email=email)
    return _test_of(campaign, email, asked) if asked.to else campaign


def _for_whom(name: str, through: str) -> ConfigError:
    return ConfigError(
        f"who should get {name} through {through}?",
        hint="Try: --to ADDRESS or --list NAME",
    )


def _post_of(campaign: Campaign, asked: Asked) -> PostPart:
    part = campaign.posts[0] if campaign.posts else PostPart()
    template = asked.template or part.template
    through = (asked.through,)
    return replace(part, through=through, template=template, by_rules=False)


def _refuse_email(campaign: Campaign, asked: Asked) -> None:
    named = {"--to": asked.to, "--list": asked.list, "--attach": asked.attach}
    for flag in (flag for flag, value in named.items() if value):
        raise ConfigError(
            f"campaign {campaign.name} has no email",
            hint=f"Try: without {flag}, or name an article",
        )


def _test_of(campaign: Campaign, email: EmailPart, asked: Asked) -> Campaign:
    return replace(
        campaign,
        name=f"test-{campaign.name}",
        delay=None,  # a test goes at once
        hold=timedelta(0),
        articles=replace(campaign.articles, since="always"),
        email=replace(email, to=tuple(asked.to), test=None),
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
        _refuse_readers(asked, channel)
        post = PostPart(template=asked.template or "announcement", through=(through,))
        return replace(campaign, posts=(post,))
    if not (asked.to or asked.list or channel.is_outbox):
        raise _for_whom(article.slug, through)
    email = EmailPart(
        template=asked.template or "letter",
        list=asked.list,
        to=tuple(asked.to) or (() if asked.list else (sender,)),
        through=through,
        attachments=tuple(asked.attach),
        is_urgent=asked.urgent,
    )
    return replace(campaign, email=email)
