"""Rounds looked at again: derived anew from what was recorded, and held against one another."""
