"""Descriptions of polymers in words made by template from :class:`~.facts.Facts`.

A template states every number that is known and no other. Its phrasing, the order of its sentences and what stands together in
one are drawn by a seed, so that a reader has to understand it.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

from discovery.polymers import RepeatUnit
from discovery.pretraining.descriptions.description import Description
from discovery.pretraining.descriptions.facts import Facts, Number, facts_of, listed
from discovery.pretraining.descriptions.quantities import STRUCTURE
from discovery.progress import Progress, silent

_OPENINGS = (
    "This polymer belongs to the class {}.",
    "Its class is {}.",
    "A polymer of the class {}.",
    "Class of the polymer: {}.",
)
_BACKBONES = (
    "Its backbone is {}.",
    "The repeat units are joined to {}.",
    "The main chain is {}.",
    "As a backbone it has {}.",
)
_GROUPS = (
    "Each repeat unit has {}.",
    "Counted per repeat unit: {}.",
    "In a repeat unit one finds {}.",
    "The unit contains {}.",
)
_VALUES: tuple[tuple[str, str], ...] = (
    ("The {words} is {value}", "the {words} is {value}"),
    ("It has a {words} of {value}", "a {words} of {value}"),
    ("Its {words} comes to {value}", "its {words} to {value}"),
    ("{Words}: {value}", "{words}: {value}"),
)
"""How a sentence of values starts, and how it goes on."""

_ESTIMATED = ("By group contributions, ", "Estimated: ", "As an estimate, ", "Estimated from its groups: ")
_MOST_TOGETHER = 3


def described(facts: Facts, seed: int) -> str:
    """A description by template; the same seed gives the same text, another one mostly another."""
    rng = random.Random(f"{seed} {facts.unit.key}")
    counts = [n for n in facts.numbers if n.quantity.is_count]
    structural = {quantity.name for quantity in STRUCTURE}
    values = [n for n in facts.numbers if not n.quantity.is_count]
    sentences = [rng.choice(_BACKBONES).format(facts.backbone)]
    if facts.polymer_class:
        sentences.append(rng.choice(_OPENINGS).format(facts.polymer_class))
    sentences += _together(counts, rng, _counted)
    sentences += _together([n for n in values if n.quantity.name in structural], rng, _stated)
    sentences += _together([n for n in values if n.quantity.name not in structural], rng, _estimated)
    rng.shuffle(sentences)
    return " ".join(sentences)


def _together(
    numbers: Sequence[Number], rng: random.Random, sentence: Callable[[Sequence[Number], random.Random], str]
) -> list[str]:
    left = rng.sample(list(numbers), len(numbers))
    sentences = []
    while left:
        n = rng.randint(1, _MOST_TOGETHER)
        sentences.append(sentence(left[:n], rng))
        left = left[n:]
    return sentences


def _counted(numbers: Sequence[Number], rng: random.Random) -> str:
    return rng.choice(_GROUPS).format(listed([f"{n} {_agreeing(n)}" for n in numbers]))


def _agreeing(number: Number) -> str:
    singular = number.quantity.aliases[:1]
    return singular[0] if number.value == 1 and singular else number.quantity.words


def _stated(numbers: Sequence[Number], rng: random.Random) -> str:
    first, further = rng.choice(_VALUES)
    words = [n.quantity.words for n in numbers]
    texts = [first.format(words=words[0], Words=words[0][0].upper() + words[0][1:], value=numbers[0])]
    texts += [further.format(words=w, value=n) for w, n in zip(words[1:], numbers[1:], strict=True)]
    return f"{listed(texts)}."


def _estimated(numbers: Sequence[Number], rng: random.Random) -> str:
    sentence = _stated(numbers, rng)
    return f"{rng.choice(_ESTIMATED)}{sentence[0].lower()}{sentence[1:]}"


def template_descriptions(
    units: Sequence[RepeatUnit],
    classes: Sequence[str],
    *,
    phrasings: int = 1,
    seed: int = 0,
    workers: int = 1,
    progress: Progress = silent,
) -> list[Description]:
    """``phrasings`` descriptions of each of ``n`` units, those of a unit one after the other."""
    facts = facts_of(units, classes, workers=workers, progress=progress)
    return [Description(f.unit, described(f, seed + k)) for f in facts for k in range(phrasings)]
