"""The fused latent: two frozen vectors of a polymer, projected to one size and mixed by a gate.

The form follows PolyLLMem (arXiv 2503.22962): a projection of the text vector and one of the geometry
vector, and a sigmoid gate that says, dimension by dimension, how much of each enters. Inputs and outputs
are standardised with buffers that belong to the weights, so that a GP with one length-scale sees dimensions
of like size. Without geometry, the text branch alone gives a latent to screen with.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from discovery.bundled import file_hash
from discovery.encoders.encoder import Encoder
from discovery.errors import WeightsError, WeightsStateError
from discovery.latent.digest import digest

WEIGHTS_FILE = "model.safetensors"
CONFIG_FILE = "config.json"
_FORMAT = 1
_SMALLEST_DEVIATION = 1e-6
"""Dimensions that vary less are constant in float32; they become zeros, not amplified rounding."""


class Standardiser(nn.Module):
    """Subtract a mean and divide by a deviation, dimension by dimension; the identity until fitted.

    Args:
        dim: Number of dimensions ``d``.
    """

    mean: Tensor
    deviation: Tensor

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(dim))
        self.register_buffer("deviation", torch.ones(dim))

    def fit(self, values: Tensor) -> None:
        """Take mean and deviation from ``n x d`` values, ``n >= 2``."""
        deviation = values.std(dim=0)
        self.mean.copy_(values.mean(dim=0))
        self.deviation.copy_(
            torch.where(deviation > _SMALLEST_DEVIATION, deviation, torch.ones_like(deviation))
        )

    def forward(self, values: Tensor) -> Tensor:
        """``n x d`` to ``n x d``."""
        return (values - self.mean) / self.deviation


class FusedLatent(nn.Module):
    """Text vectors ``n x d_t`` and geometry vectors ``n x d_g`` to latent vectors ``n x d``.

    ``z_t = W_t norm(t)``, ``z_g = W_g norm(x)``, ``g = sigmoid(G [z_t; z_g])``, ``latent = norm(g z_t + (1
    - g) z_g)``.

    Args:
        text_dim: ``d_t``, the text encoder's ``dim``.
        geometry_dim: ``d_g``, the geometry encoder's ``dim``.
        dim: ``d``, size of the latent.
        text_revision: Revision of the text encoder that the weights were trained on; empty where they fit
            any.
        geometry_revision: The same for the geometry encoder.
    """

    def __init__(
        self,
        text_dim: int,
        geometry_dim: int,
        dim: int = 128,
        *,
        text_revision: str = "",
        geometry_revision: str = "",
    ) -> None:
        super().__init__()
        self.text_dim = text_dim
        self.geometry_dim = geometry_dim
        self.dim = dim
        self.text_revision = text_revision
        self.geometry_revision = geometry_revision
        self.text_norm = Standardiser(text_dim)
        self.geometry_norm = Standardiser(geometry_dim)
        self.text_projection = nn.Linear(text_dim, dim)
        self.geometry_projection = nn.Linear(geometry_dim, dim)
        self.gate = nn.Linear(2 * dim, dim)
        self.fused_norm = Standardiser(dim)
        self.text_only_norm = Standardiser(dim)

    @classmethod
    def initialise(
        cls,
        text_dim: int,
        geometry_dim: int,
        dim: int = 128,
        seed: int = 0,
        *,
        text_revision: str = "",
        geometry_revision: str = "",
    ) -> FusedLatent:
        """Weights for encoders without trained ones: semi-orthogonal projections and a gate of one half.

        Such a projection keeps distances on average (Johnson-Lindenstrauss), so the latent is no worse than
        a random view of the frozen vectors. Call :meth:`fit_statistics` before use.
        """
        fusion = cls(
            text_dim, geometry_dim, dim, text_revision=text_revision, geometry_revision=geometry_revision
        )
        generator = torch.Generator().manual_seed(seed)
        for projection in (fusion.text_projection, fusion.geometry_projection):
            nn.init.orthogonal_(projection.weight, generator=generator)
            nn.init.zeros_(projection.bias)
        nn.init.zeros_(fusion.gate.weight)
        nn.init.zeros_(fusion.gate.bias)
        return fusion.eval()

    def project(self, text: Tensor, geometry: Tensor) -> tuple[Tensor, Tensor]:
        """The two branches before the gate: ``n x d_t``, ``n x d_g`` to ``n x d``, ``n x d``."""
        return self.text_projection(self.text_norm(text)), self.geometry_projection(
            self.geometry_norm(geometry)
        )

    def gate_weights(self, text_branch: Tensor, geometry_branch: Tensor) -> Tensor:
        """Weight of text against geometry, ``n x d`` between 0 and 1."""
        return torch.sigmoid(self.gate(torch.cat([text_branch, geometry_branch], dim=-1)))

    def mix(self, text_branch: Tensor, geometry_branch: Tensor) -> Tensor:
        """Both branches through the gate, not yet standardised: ``n x d``."""
        gate = self.gate_weights(text_branch, geometry_branch)
        return gate * text_branch + (1 - gate) * geometry_branch

    def forward(self, text: Tensor, geometry: Tensor | None = None) -> Tensor:
        """Latent vectors ``n x d``; of the text branch alone where ``geometry`` is not given."""
        if geometry is None:
            alone: Tensor = self.text_only_norm(self.text_projection(self.text_norm(text)))
            return alone
        fused: Tensor = self.fused_norm(self.mix(*self.project(text, geometry)))
        return fused

    @torch.no_grad()
    def fit_statistics(self, text: Tensor, geometry: Tensor) -> None:
        """Set every mean and deviation from a corpus; again after the projections were trained.

        Args:
            text: ``n x d_t``.
            geometry: ``n x d_g``, rows of the same polymers.

        Raises:
            ValueError: When there are fewer than two rows or the rows do not match.
        """
        if len(text) != len(geometry) or len(text) < 2:
            raise ValueError(
                f"statistics need two or more matching rows, got {len(text)} and {len(geometry)}"
            )
        self.text_norm.fit(text)
        self.geometry_norm.fit(geometry)
        text_branch, geometry_branch = self.project(text, geometry)
        self.text_only_norm.fit(text_branch)
        self.fused_norm.fit(self.mix(text_branch, geometry_branch))

    @property
    def revision(self) -> str:
        """Hash of weights, buffers, sizes and the encoders' revisions."""
        return f"fusion-{digest(self.state_dict(), self._config())[:16]}"

    def save(self, folder: Path) -> None:
        """Write ``model.safetensors`` and ``config.json`` into ``folder``, made where it is missing."""
        folder.mkdir(parents=True, exist_ok=True)
        save_file(
            {name: tensor.contiguous() for name, tensor in self.state_dict().items()}, folder / WEIGHTS_FILE
        )
        recorded = self._config() | {"weights_sha256": file_hash(folder / WEIGHTS_FILE)}
        (folder / CONFIG_FILE).write_text(json.dumps(recorded, indent=2) + "\n", encoding="utf-8")

    @classmethod
    def load(
        cls, folder: Path, *, text: Encoder | None = None, geometry: Encoder | None = None
    ) -> FusedLatent:
        """Read what :meth:`save` wrote.

        Args:
            folder: Holds ``model.safetensors`` and ``config.json``.
            text: The text encoder in use, checked against the one the weights were trained on.
            geometry: The geometry encoder in use, checked in the same way.

        Raises:
            WeightsError: When a file is missing or damaged, or the weights belong to another encoder.
        """
        config = _read_config(folder)
        fusion = cls(**config)
        try:
            fusion.load_state_dict(load_file(folder / WEIGHTS_FILE), strict=True)
        except (OSError, SafetensorError, RuntimeError) as error:
            raise WeightsStateError(
                f"The fusion weights in {folder} cannot be read: {str(error).splitlines()[0]}",
                "Copy the folder again, or train it again with polyloop pretrain.",
            ) from error
        for kind, encoder, dim, revision in (
            ("text", text, fusion.text_dim, fusion.text_revision),
            ("geometry", geometry, fusion.geometry_dim, fusion.geometry_revision),
        ):
            if encoder is not None and (encoder.dim != dim or revision not in ("", encoder.revision)):
                raise WeightsError(
                    f"The fusion weights in {folder} belong to the {kind} encoder {revision or '(any)'} of "
                    f"{dim} dimensions, not to {encoder.name} ({encoder.revision}) of {encoder.dim}.",
                    "Use the encoders they were trained on, or train a fusion for these: polyloop pretrain align.",
                )
        return fusion.eval()

    def _config(self) -> dict[str, int | str]:
        return {
            "format": _FORMAT,
            "text_dim": self.text_dim,
            "geometry_dim": self.geometry_dim,
            "dim": self.dim,
            "text_revision": self.text_revision,
            "geometry_revision": self.geometry_revision,
        }


def _read_config(folder: Path) -> dict[str, Any]:
    path = folder / CONFIG_FILE
    if not folder.is_dir():
        raise WeightsError(
            f"There is no folder {folder} with a fusion.", "Name one that polyloop pretrain align wrote."
        )
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise WeightsStateError(
            f"{path} cannot be read: {error}", "The folder must hold what polyloop pretrain align wrote."
        ) from error
    expected = {
        "format": int,
        "text_dim": int,
        "geometry_dim": int,
        "dim": int,
        "text_revision": str,
        "geometry_revision": str,
        "weights_sha256": str,
    }
    if not isinstance(config, dict) or {key: type(value) for key, value in config.items()} != expected:
        raise WeightsError(
            f"{path} is not the configuration of a fused latent.", f"It must hold {', '.join(expected)}."
        )
    del config[
        "weights_sha256"
    ]  # for people and `polyloop doctor`; damaged tensors are told by safetensors itself
    if config.pop("format") != _FORMAT:
        raise WeightsStateError(
            f"{path} was written by another version of polyloop.",
            "Train the fusion again, or update polyloop.",
        )
    return config
