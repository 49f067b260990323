"""The conformers of a pre-training run as batches: masked, displaced, padded, of like size.

Masking and displacement are those of Uni-Mol (Zhou et al., ICLR 2023) by ``unimol_tools.pretrain``: a share of
the atoms is hidden and moved along each axis.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from discovery.encoders.conformers import Conformer
from discovery.encoders.unimol import load_unimol_tools
from discovery.pretraining.loop.batches import like_sized

Batch = dict[str, dict[str, Tensor]]
"""``net_input`` and ``net_target``, as ``unimol_tools`` collates them."""


class Shapes:
    """Heavy-atom conformers and their labels.

    Args:
        conformers: ``n`` conformers without hydrogens.
        labels: ``n x k``, scaled, NaN where not known.
        dictionary: Symbols of the model.
        masked: Share of the atoms of a masked molecule that are hidden.
        displacement: How far hidden atoms are moved at most along each axis, in ångström.
    """

    def __init__(
        self,
        conformers: Sequence[Conformer],
        labels: NDArray[np.float32],
        dictionary: Any,
        *,
        masked: float,
        displacement: float,
    ) -> None:
        self.conformers = conformers
        self._masked, self._displacement = masked, displacement
        self.labels = labels
        self.sizes = np.array([len(conformer.symbols) for conformer in conformers])
        self.dictionary = dictionary
        self._mask = dictionary.index("[MASK]")
        self._hide_and_displace = load_unimol_tools("pretrain.dataset").coords2unimol

    def batch(
        self, indices: Sequence[int], model: nn.Module, *, seed: int, step: int, masked_share: float = 0.5
    ) -> tuple[Batch, Tensor]:
        """Collate molecules and their labels ``n x k``; the same for the same arguments.

        Args:
            indices: Which molecules.
            model: ``UniMolModel``, which knows how to collate.
            seed: Of the run.
            step: Of the run; another step masks other atoms.
            masked_share: Share of the molecules that are masked; the others stay whole.
        """
        items = []
        for place, i in enumerate(indices):
            shape = self.conformers[i]
            masked = int(masked_share * (place + 1)) > int(masked_share * place)
            item = self._hide_and_displace(
                list(shape.symbols),
                shape.coordinates,
                self.dictionary,
                mask_id=self._mask,
                noise_type="uniform",
                noise=self._displacement,
                mask_prob=self._masked if masked else 0.0,
                seed=seed,
                epoch=step,
                index=int(i),
                max_atoms=len(shape.symbols),
                remove_hs=False,
            )
            items.append(item)
        collate: Any = model.batch_collate_fn
        batch: Batch = collate(items)
        if not batch["net_input"]["src_tokens"].eq(self.dictionary.pad()).any():
            _add_padding(batch, self.dictionary.pad())
        return batch, torch.from_numpy(self.labels[list(indices)])

    def schedule(
        self, indices: NDArray[np.int64], size: int, steps: int, seed: int, start: int
    ) -> Iterator[list[int]]:
        """Batches of ``size`` molecules of like size, one a step, without the first ``start`` of ``steps``.

        A step has the same batch wherever the run starts.
        """
        for batch in like_sized(self.sizes, indices, size, steps=steps, seed=seed, start=start):
            yield batch.tolist()


def symbols_of(conformers: Sequence[Conformer]) -> list[str]:
    """Special symbols, then the elements that occur, the most frequent first.

    Elements that the training never shows get no place: their embedding would be noise, and the encoder names
    them as a failure instead.
    """
    counts = Counter(symbol for conformer in conformers for symbol in conformer.symbols)
    elements = sorted(counts, key=lambda symbol: (-counts[symbol], symbol))
    return ["[PAD]", "[CLS]", "[SEP]", "[UNK]", *elements, "[MASK]"]


def distance_scale(conformers: Sequence[Conformer], seed: int) -> tuple[float, float]:
    """Mean and standard deviation (ångström) of the distances within a sample of 500 conformers."""
    chosen = random.Random(seed).sample(range(len(conformers)), min(500, len(conformers)))
    distances = []
    for i in chosen:
        places = conformers[i].coordinates
        distances.append(np.linalg.norm(places[:, None] - places[None], axis=-1).ravel())
    every = np.concatenate(distances)
    return float(every.mean()), float(every.std())


def _add_padding(batch: Batch, pad: int) -> None:
    """Lengthen a batch without padding by one place: ``UniMolModel`` fails on molecules all of one size."""
    for tensors in batch.values():
        for name, tensor in tensors.items():
            if name.endswith("tokens"):
                tensors[name] = nn.functional.pad(tensor, (0, 1), value=pad)
            elif name.endswith(("coord", "coordinates")):
                tensors[name] = nn.functional.pad(tensor, (0, 0, 0, 1))
            else:
                tensors[name] = nn.functional.pad(tensor, (0, 1, 0, 1))
