"""How a delivery ended: with what the receiver answered, or with why it did not."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Receipt:
    """A message was delivered.

    Attributes:
        answer: What the receiver answered, for people.
    """

    answer: str


class UndeliveredError(Exception):
    """A message was not delivered; the text says by whom and why, without passwords, and without the address of a webhook."""
