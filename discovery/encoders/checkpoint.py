"""The files of a text model, in a folder or on the Hugging Face hub: found, fetched, and looked over before any weight is loaded.

A hub model becomes a folder of the hub's own cache, so that both are read by the same code. Whatever is missing is told with the
command that gets it.
"""

from __future__ import annotations

import errno
import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from huggingface_hub import constants, snapshot_download
from huggingface_hub.errors import (
    GatedRepoError,
    HfHubHTTPError,
    HFValidationError,
    LocalEntryNotFoundError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)
from huggingface_hub.utils.tqdm import are_progress_bars_disabled, disable_progress_bars, enable_progress_bars
from safetensors import SafetensorError, safe_open

from discovery.encoders.source import no_folder
from discovery.errors import WeightsError, WeightsStateError

SINGLE = "model.safetensors"
INDEX = "model.safetensors.index.json"

DESCRIPTION = ("*.json", "tokenizer*", "*.model")
"""Patterns of the files that say what a model is and how it reads; a few megabytes at most."""

Download = Callable[..., str]
"""As :func:`huggingface_hub.snapshot_download`: fetches files of a model and gives the folder that holds them."""


@dataclass(frozen=True, slots=True)
class TextCheckpoint:
    """A model's folder; of a hub model, with what it is fetched by."""

    source: str
    """As the user named it."""
    folder: Path
    commit: str = ""
    """Of a hub model; empty for a folder."""
    download: Download = snapshot_download
    kind: str = "text encoder"
    """What the model is for, in errors."""

    @property
    def model_id(self) -> str:
        """The hub model without its revision."""
        return self.source.partition("@")[0]

    @property
    def called(self) -> str:
        """The model, as an error begins with it."""
        return f"The {self.kind} {self.source!r}"

    @property
    def fetch(self) -> str:
        """The command that gets the files."""
        if self.commit:
            return f"{_download(self.model_id)} --revision {self.commit} --local-dir {_short(self.model_id)}"
        return f"{_download('<org/name>')} --local-dir {self.folder}"

    @classmethod
    def of_hub(
        cls,
        source: str,
        revision: str | None = None,
        download: Download = snapshot_download,
        kind: str = "text encoder",
    ) -> TextCheckpoint:
        """Configuration and tokenizer of a hub model; the weights stay where they are until :meth:`with_weights`.

        Args:
            source: ``org/name``, or ``org/name@revision``.
            revision: Branch, tag or commit, where the source names none; the newest by default.
            download: How files are fetched.
            kind: What the model is for, in errors.

        Raises:
            WeightsError: When the hub does not give them, with what to do.
        """
        model_id, _, named = source.partition("@")
        with _in_words(source), _no_bars():
            folder = Path(
                download(model_id, revision=named or revision or "main", allow_patterns=list(DESCRIPTION))
            )
        # the cache names the folder of a snapshot by its commit
        return cls(source, folder, folder.name, download, kind)

    def with_weights(self) -> TextCheckpoint:
        """The same with all weights in the folder, fetched where need be, each file whole as far as its header tells.

        Raises:
            WeightsError: When a file is missing, cut, or not there to be had.
        """
        if self.commit:
            self._check_disk()
            with _in_words(self.source), _no_bars():
                self.download(self.model_id, revision=self.commit, allow_patterns=self._weight_names())
        self._check_files()
        return self

    def check_weights(self) -> None:
        """See that all weights are in the folder, each file whole as far as its header tells; nothing is fetched.

        Raises:
            WeightsError: When a file is missing or cut, with the command that gets it.
        """
        absent = [file for file in self.files() if not file.is_file()]
        if self.commit and absent:
            raise WeightsStateError(
                f"{len(absent)} of the {len(self.files())} files of weights of {self.source} are not on this machine yet"
                f"{self._size()}.",
                "They are fetched when they are first needed; to fetch them now: hf download "
                f'{self.model_id} --revision {self.commit} --include "*.safetensors"',
            )
        self._check_files()

    def files(self) -> list[Path]:
        """The files of weights, by name."""
        return [self.folder / name for name in sorted(self._listed())]

    def _check_files(self) -> None:
        for file, tensors in self._listed().items():
            self._check_file(self.folder / file, tensors)

    def _total(self) -> int:
        """Bytes of all weights as the index tells; 0 where it does not."""
        if not (self.folder / INDEX).is_file():
            return 0
        content = json.loads((self.folder / INDEX).read_text(encoding="utf-8"))
        return int(content.get("metadata", {}).get("total_size", 0))

    def _size(self) -> str:
        return f" (all of them take {self._total() / 1e9:.1f} GB)" if self._total() else ""

    def _weight_names(self) -> list[str]:
        return sorted(self._listed()) if (self.folder / INDEX).is_file() else [SINGLE]

    def _listed(self) -> dict[str, list[str]]:
        """Files of weights, with the tensors that the index says are in each; none where there is no index."""
        index = self.folder / INDEX
        if not index.is_file():
            return {SINGLE: []}
        try:
            listed = json.loads(index.read_text(encoding="utf-8"))["weight_map"]
            files: dict[str, list[str]] = {}
            for tensor, file in listed.items():
                files.setdefault(Path(file).name, []).append(tensor)
        except (OSError, ValueError, KeyError, AttributeError, TypeError) as error:
            raise self._fault(f"{INDEX} cannot be read") from error
        return files

    def _check_file(self, path: Path, tensors: list[str]) -> None:
        if not path.is_file():
            raise self._missing(path)
        try:
            with safe_open(path, framework="pt") as file:
                lacking = sorted(set(tensors) - set(file.keys()))
        except (OSError, SafetensorError) as error:
            raise self._fault(f"{path.name} is damaged ({error})") from error
        if lacking:
            raise self._fault(f"{path.name} lacks {len(lacking)} tensors of the index, first {lacking[0]}")

    def _missing(self, path: Path) -> WeightsError:
        listed = sorted(self._listed())
        absent = [name for name in listed if not (self.folder / name).is_file()]
        if len(listed) > 1:
            return self._fault(
                f"{len(absent)} of its {len(listed)} files of weights are missing, first {absent[0]}"
            )
        if next(self.folder.glob("model-*-of-*.safetensors"), None):
            return self._fault(f"it holds parts of the weights and no {INDEX}")
        if next(self.folder.glob("*.bin"), None):
            return WeightsError(
                f"{self.called} could not be loaded: {self.folder} holds pickled weights (.bin) only, "
                "which could run any code when they are read.",
                "Fetch the safetensors files where the hub has them, or convert a model that you trust: python -c "
                f"\"from transformers import AutoModel; AutoModel.from_pretrained('{self.folder}')"
                f".save_pretrained('{self.folder}')\"",
            )
        return self._fault(f"there is no {path.name}")

    def _fault(self, reason: str) -> WeightsStateError:
        return WeightsStateError(
            f"{self.called} could not be loaded: {reason}.",
            f"Fetch it again: {self.fetch}",
        )

    def _check_disk(self) -> None:
        """Whether the cache has room for what its index says is still to come."""
        if not (self.folder / INDEX).is_file() or all(file.is_file() for file in self.files()):
            return
        size = self._total()
        free = shutil.disk_usage(self.folder).free
        if size > free:
            raise WeightsStateError(
                f"The weights of {self.source} take {size / 1e9:.1f} GB, and the disk of {self.folder} has {free / 1e9:.1f} GB.",
                "Make room there, or set HF_HOME to a folder on a larger disk.",
            )


def _download(model_id: str) -> str:
    """The command for a whole model, without the second copy of the weights that Meta keeps under ``original``."""
    return f'hf download {model_id} --exclude "original/*"'


def _short(model_id: str) -> str:
    return model_id.rpartition("/")[2]


@contextmanager
def _in_words(source: str) -> Iterator[None]:
    """What the hub answers, as errors that name the way out."""
    model_id = source.partition("@")[0]
    get = f"{_download(model_id)} --local-dir {_short(model_id)}"
    # a name with one slash may be either; whoever meant a folder is told first that there is none
    absent = no_folder(source)
    try:
        yield
    except GatedRepoError as error:
        raise WeightsStateError(
            f"{model_id} is gated: its licence has to be accepted, and this machine logged in as someone who has.",
            f"Accept the licence at https://huggingface.co/{model_id}, then run: hf auth login, and: {get}. "
            "Name the model again, or that folder.",
        ) from error
    except RevisionNotFoundError as error:
        raise WeightsError(
            f"{model_id} has no revision {source.partition('@')[2] or 'main'!r} on the hub.",
            f"See https://huggingface.co/{model_id}/commits/main for those that it has.",
        ) from error
    except (RepositoryNotFoundError, HFValidationError) as error:
        raise WeightsError(
            f"{source!r} could not be loaded. {absent}, and no model of that name on the hub.",
            "Give a folder with config.json, safetensors weights and a tokenizer, or a hub model as org/name; for one that is "
            "private, run: hf auth login",
        ) from error
    except (LocalEntryNotFoundError, ConnectionError) as error:
        offline = constants.HF_HUB_OFFLINE
        raise WeightsStateError(
            f"{absent}. As a model of the hub it is not on this machine, and the hub "
            f"{'is not asked, since HF_HUB_OFFLINE is set' if offline else 'cannot be reached'}.",
            f"If a folder was meant, mend its path. If a model: where there is a network, run: {get} (for one that is "
            f"gated, such as Llama, hf auth login first). Copy the folder here and name it in place of the model"
            f"{'; or unset HF_HUB_OFFLINE' if offline else ''}.",
        ) from error
    except HfHubHTTPError as error:
        reason = (str(error).splitlines() or ["no reason given"])[0]
        raise WeightsStateError(
            f"The hub did not give {source}: {reason}",
            f"Try again later, or fetch it by itself: {get}. If it asks who you are, run: hf auth login",
        ) from error
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise WeightsStateError(
                f"{source} could not be fetched: {error}", f"Fetch it by itself: {get}"
            ) from error
        raise WeightsStateError(
            f"The disk is full: {source} could not be fetched.",
            "Make room there, or set HF_HOME to a folder on a larger disk.",
        ) from error


@contextmanager
def _no_bars() -> Iterator[None]:
    """The hub draws a bar for every file, on a terminal or not; whoever calls us draws its own."""
    drawn = not are_progress_bars_disabled()
    disable_progress_bars()
    try:
        yield
    finally:
        if drawn:
            enable_progress_bars()
