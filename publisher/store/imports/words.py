"""What the columns and cells of other programs' exports are called, and what they say.

All in the form in which they are compared: `E-mail Address` is `emailaddress`.
"""

from __future__ import annotations

# In order of preference: Mailchimp's `Address` is where somebody lives.
FIELDS = {
    "email": ("email", "emailaddress", "subscriberemail", "mail", "address"),
    "name": ("name", "fullname", "displayname"),
    "first_name": ("firstname", "givenname", "fname"),
    "last_name": ("lastname", "surname", "familyname", "lname"),
    "language": ("language", "lang", "locale"),
    "timezone": ("timezone", "tz"),
    "lists": ("lists", "list"),
    "tags": ("tags", "tag", "labels", "label"),
    "pending": ("pending",),
    "left": ("left",),
    "paused_until": ("pauseduntil",),
    "created": (
        *("createdat", "creationdate", "optintime", "confirmtime", "subscriptiondate"),
        *("subscribedat", "subscriptioncreatedat", "createddate", "signupdate"),
    ),
}
STATES = {
    *("status", "state", "subscriptionstatus", "subscribertype", "type"),
    *("confirmstatus", "emailmarketingstatus"),
}
# Somebody left where such a cell says yes, or when: Mailchimp's UNSUB_TIME.
AWAY = {
    *("unsubscribed", "unsubscribedat", "unsubtime", "unsubscribedate", "unsub"),
    *("unsubscriptiondate", "emaildisabled", "optout", "optedout", "deletedat"),
    *("emailblacklisted", "globalunsubscribe", "donotemail"),
}
STAYS = {"subscribedtoemails", "subscribed", "acceptsemailmarketing"}
GONE = {
    **dict.fromkeys(("cleantime", "cleaned"), "cleaned"),
    **dict.fromkeys(("bounced", "bouncedat", "bounce"), "bounced"),
    **dict.fromkeys(("complained", "complainedat"), "complained"),
}
# A JSON object with what an owner knows: listmonk, Buttondown.
OBJECTS = {"attributes", "attribs", "metadata", "customfields"}
OURS = {"errorrow", "errorreason"}  # of a file of errors, mended and imported again

ENDED = {
    *("unsubscribed", "cancelled", "canceled", "removed", "ended", "optedout"),
    *("disabled", "inactive", "deleted"),
}
NEVER = {
    *("bounced", "cleaned", "complained", "spam", "spammy", "blocklisted", "blocked"),
    *("blacklisted", "suppressed", "invalid", "undeliverable", "hardbounced"),
}
NOT_YET = {
    *("pending", "unconfirmed", "unactivated", "unverified", "validating"),
    *("needsattention", "nonsubscribed"),
}
FINE = {"active", "subscribed", "confirmed", "enabled"}
YES = {"true", "yes", "1", "t", "y", "on"}
NO = {"", "false", "no", "0", "f", "n", "off", "null", "none", "nil"}

# Which columns tell a program's export, the first that fits: all of the first and, of
# the second, one at least.
PROGRAMS = (
    ("publisher", {"email", "pending", "left"}, {"status"}),
    ("Mailchimp", {"emailaddress"}, {"memberrating", "leid", "euid", "optintime"}),
    ("Substack", {"email"}, {"activesubscription", "emaildisabled"}),
    ("Substack", {"email", "subscriptiontype"}, {"subscriptiondate", "activity"}),
    ("Ghost", {"email"}, {"subscribedtoemails"}),
    ("listmonk", {"email", "uuid", "status"}, {"attributes", "updatedat"}),
    ("Buttondown", {"emailaddress"}, {"creationdate", "metadata", "secondaryid"}),
    ("Buttondown", {"email"}, {"subscribertype", "creationdate"}),
    ("beehiiv", {"email", "status"}, {"tier", "subscriptiontier", "unsubscribedat"}),
    ("beehiiv", {"email", "status", "createdat"}, {"utmsource", "acquisitionsource"}),
    ("Kit", {"firstname", "createdat"}, {"state", "status"}),
)
# Kit calls those inactive who have not confirmed yet; beehiiv those who left.
OWN_STATES = {"Kit": {"inactive": "pending"}}

# Mailchimp says it by the name of the file alone.
FILES = ("unsubscribed", "cleaned", "nonsubscribed")
DELETED_AT = "@deletion-request.substack.com"
