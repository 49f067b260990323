"""Descriptions written by an instruction-tuned language model that the user names, held to the calibrated numbers.

The two-stage prompt of MolGraph-LarDo (arXiv 2408.10124): the first gives the model the structure and the numbers that RDKit and
:mod:`discovery.physics` supply and asks for a description with them; the second gives it its draft back with the same numbers and
asks it to correct the draft. Then the numbers of the text are read (:mod:`.number_check`): a description that contradicts, that
states too few, or that the model did not bring to an end, is replaced by the one made by template.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from discovery.errors import PretrainingError
from discovery.polymers import RepeatUnit
from discovery.pretraining.descriptions.description import TEMPLATE, Description
from discovery.pretraining.descriptions.facts import Facts, facts_of
from discovery.pretraining.descriptions.instructed_model import UNFINISHED, InstructedModel
from discovery.pretraining.descriptions.number_check import check_numbers
from discovery.pretraining.descriptions.template import described
from discovery.progress import Progress, silent

DRAFT_PROMPT = """You describe polymers for chemists. The repeat unit, as a PSMILES in which * marks where it is joined to the \
next one, is:
{psmiles}
{class_line}Its backbone is {backbone}. These numbers of it have been computed:
{numbers}

Describe the polymer in one paragraph: its structure and functional groups, and what they mean for its stiffness, polarity, \
thermal stability and behaviour in fire. State each of the numbers above as it stands there, with its name and unit, and give no \
other numbers."""

CORRECTION_PROMPT = """Below are a polymer, numbers that have been computed of it, and a draft of its description. Correct the \
draft: every number in it has to be the one in the list, numbers that it lacks have to be added with name and unit, and numbers \
that are not in the list have to be removed. Answer with the corrected paragraph alone.

Repeat unit: {psmiles}
Numbers:
{numbers}

Draft:
{draft}"""

_NO_END = "has no end"


def instructed_descriptions(
    units: Sequence[RepeatUnit],
    classes: Sequence[str],
    model: InstructedModel,
    *,
    seed: int = 0,
    workers: int = 1,
    progress: Progress = silent,
) -> list[Description]:
    """One description of each of ``n`` units: the model's where its numbers hold, else the one by template.

    Args:
        units: The ``n`` repeat units.
        classes: Their classes, or empty texts.
        model: Who writes.
        seed: Of the templates.
        workers: Processes that look up the facts.
        progress: Told of facts, drafts and corrections.

    Returns:
        Descriptions in the order of the units. ``maker`` is ``template`` where the model's text was rejected, and ``remarks``
        says why; of a text that was taken it says which numbers are on no list.

    Raises:
        PretrainingError: When none of the model's texts can be taken.
    """
    facts = facts_of(units, classes, workers=workers, progress=progress)
    drafts = model.answers([draft_prompt(f) for f in facts], "drafts written", progress)
    prompts = {
        i: correction_prompt(f, draft)
        for i, (f, draft) in enumerate(zip(facts, drafts, strict=True))
        if draft != UNFINISHED
    }
    corrected = model.answers(list(prompts.values()), "drafts corrected", progress)
    texts = dict(zip(prompts, corrected, strict=True))
    made = [judged(f, texts.get(i, UNFINISHED), model.name, seed) for i, f in enumerate(facts)]
    if made and not account(made).taken:
        raise PretrainingError(
            f"None of the {len(made)} texts of {model.name} can stand for its polymer; the first: {made[0].remarks}.",
            "Name a larger instruction-tuned model, or none, for descriptions by template.",
        )
    return made


def judged(facts: Facts, text: str, maker: str, seed: int) -> Description:
    """A model's text as a description, or the one by template where the text cannot be taken."""
    check = check_numbers(text, facts)
    reason = _NO_END if text == UNFINISHED else check.reason
    if reason:
        return Description(facts.unit, described(facts, seed), remarks=f"text of {maker} {reason}")
    remarks = f"on no list: {'; '.join(check.unlisted)}" if check.unlisted else ""
    return Description(facts.unit, text, maker, remarks)


def draft_prompt(facts: Facts) -> str:
    """The first stage: structure and calibrated numbers, to be made a description."""
    return DRAFT_PROMPT.format(
        psmiles=facts.unit.psmiles,
        class_line=f"Its class is {facts.polymer_class}. " if facts.polymer_class else "",
        backbone=facts.backbone,
        numbers=_numbers(facts),
    )


def correction_prompt(facts: Facts, draft: str) -> str:
    """The second stage: the draft with the same numbers, to be corrected."""
    return CORRECTION_PROMPT.format(psmiles=facts.unit.psmiles, numbers=_numbers(facts), draft=draft)


def _numbers(facts: Facts) -> str:
    return "\n".join(f"- {number.quantity.words}: {number}" for number in facts.numbers)


@dataclass(frozen=True, slots=True)
class Account:
    """What came of a model's texts."""

    taken: int
    """Texts that were taken as they are."""
    flagged: int
    """Of those, texts with numbers that are on no list."""
    contradicting: int
    """Rejected: a number is not the calibrated one."""
    silent: int
    """Rejected: too few of the calibrated numbers are stated."""
    unfinished: int
    """Rejected: cut at the most tokens, or still in the model's thoughts."""

    @property
    def rejected(self) -> int:
        """Texts that were replaced by template."""
        return self.contradicting + self.silent + self.unfinished

    def told(self) -> dict[str, int]:
        """Counts by name."""
        return asdict(self)


def account(descriptions: Sequence[Description]) -> Account:
    """Count what came of each text of a model; descriptions that are by template from the start are not counted."""
    kinds = Counter(_outcome(d) for d in descriptions)
    return Account(
        kinds["taken"] + kinds["flagged"],
        kinds["flagged"],
        kinds["contradicting"],
        kinds["silent"],
        kinds["unfinished"],
    )


def _outcome(description: Description) -> str:
    if description.maker != TEMPLATE:
        return "flagged" if description.remarks else "taken"
    if not description.remarks:
        return "template"
    if description.remarks.endswith(_NO_END):
        return "unfinished"
    return "contradicting" if "contradicts: " in description.remarks else "silent"
