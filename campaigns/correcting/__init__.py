"""What people do to the facts of a campaign after the event: correct, retract, withdraw, exclude; and a polymer's history."""
