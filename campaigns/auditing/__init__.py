"""Whether a campaign is whole: its database, its facts, its files; and what can be saved of one that is not."""
