"""Addresses as they may be shown: in messages, questions and reports."""

import re

_PARTS = re.compile(r"[^/]*//(?:([^/?#\s]*)@)?[^?#]*\??([^#]*)#?(.*)")


def without_user(address: str) -> str:
    """Return ``address``, or several with commas between, without ``USER:PASSWORD@``."""
    return re.sub(r"(^|//)[^/?#\s]*@", r"\1", address)


def without_secrets(address: str) -> str:
    """Return ``address`` without what may be a secret: user, password, query and fragment."""
    return re.split(r"[?#]", without_user(address), maxsplit=1)[0]


def masked(text: str, address: str) -> str:
    """Return ``text``, in which ``address`` may stand, with its secret parts as ``***``."""
    if parts := _PARTS.match(address):
        user, query, fragment = (part or "" for part in parts.groups())
        for secret in filter(None, (user and f"{user}@", user.partition(":")[2], query, fragment)):
            text = text.replace(secret, "***")
    return text
