"""How a group looks to the bot: who writes where, and what a mention is."""

from tests.e2e.line_ledger import Json

NAME = "@MedEdBot"
MENTION = {
    "mention": {"mentionees": [{"index": 0, "length": len(NAME), "type": "user", "isSelf": True}]}
}


def group_of(user: str, kind: str = "group") -> Json:
    """Return a group or a room that a user writes in."""
    name = "groupId" if kind == "group" else "roomId"
    return {"type": kind, name: f"C{user[1:]}", "userId": user}
