"""What is trained for the bundled text encoder: a small Llama, a label head on its pooled state, and its three losses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from discovery.pretraining.loop.losses import info_nce, label_terms
from discovery.pretraining.loop.run import Precision, usual_precision

MAX_TOKENS = 512


@dataclass(frozen=True, slots=True)
class TextTraining:
    """Size and schedule of a run. The defaults are those of the bundled checkpoint."""

    steps: int = 3000
    batch: int = 96
    """Polymers of a step; each is read in two writings."""
    learning_rate: float = 1e-3
    hidden: int = 192
    layers: int = 5
    heads: int = 6
    vocabulary: int = 512
    """Tokens of a byte-pair vocabulary trained on the corpus; 0 reads symbol by symbol."""
    canonical: float = 0.5
    """Share of the first writings that are canonical ones, which the encoder will be given; the others are random."""
    labels: float = 3.0
    """Weight of each block of labels: Huber on unit-scale targets settles far below the next-token cross-entropy."""
    consistency: float = 0.2
    """Weight of the term that brings the writings of a chain together; 0 leaves it out."""
    temperature: float = 0.1
    """Of that term; cosines between chains that are told apart spread over a few tenths."""
    precision: Precision = field(default_factory=usual_precision)
    seed: int = 0
    workers: int = 1
    save_every: int = 200


class PolymerWriter(nn.Module):
    """A causal Llama with a linear label head on its mean-pooled state.

    Args:
        settings: Sizes and weights of the losses.
        tokenizer: Its tokenizer.
        blocks: Columns of each block of labels; together they are the ``k`` labels.
    """

    def __init__(
        self, settings: TextTraining, tokenizer: PreTrainedTokenizerFast, blocks: Mapping[str, slice]
    ) -> None:
        super().__init__()
        config = LlamaConfig(
            vocab_size=len(tokenizer),
            hidden_size=settings.hidden,
            intermediate_size=8 * round(settings.hidden * 8 / 3 / 8),  # the Llama ratio, a multiple of 8
            num_hidden_layers=settings.layers,
            num_attention_heads=settings.heads,
            num_key_value_heads=settings.heads,
            max_position_embeddings=MAX_TOKENS,
            tie_word_embeddings=True,
            pad_token_id=tokenizer.pad_token_id,
            bos_token_id=tokenizer.bos_token_id,
            eos_token_id=tokenizer.eos_token_id,
            use_cache=False,
        )
        self.llama = LlamaForCausalLM(config)
        # At these lengths a processor takes twice as long for the fused kernel, and a GPU sums in an order of the moment.
        self.llama.set_attn_implementation("eager")
        self.label_head = nn.Linear(settings.hidden, max(columns.stop for columns in blocks.values()))
        self._blocks = dict(blocks)
        self._label_weight = settings.labels
        self._consistency, self._temperature = settings.consistency, settings.temperature

    def forward(
        self, input_ids: Tensor, attention_mask: Tensor, labels: Tensor
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Loss, and its terms by name, of two writings of each of ``n`` chains.

        Args:
            input_ids: ``2 n x t`` tokens that end with the end token, padded on the right: the chains in one writing each, then
                the same chains in another.
            attention_mask: ``2 n x t``, 0 at padding.
            labels: ``n x k``, NaN where not known.
        """
        hidden = self.states(input_ids)
        logits = self.llama.lm_head(hidden[:, :-1]).float()
        targets = input_ids[:, 1:].masked_fill(attention_mask[:, 1:] == 0, -100)
        terms = {
            "token": nn.functional.cross_entropy(logits.flatten(0, 1), targets.flatten(), ignore_index=-100)
        }
        pooled = self.pool(hidden, attention_mask)
        terms |= label_terms(self.label_head(pooled).float(), labels.repeat(2, 1), self._blocks)
        loss = terms["token"] + self._label_weight * sum(terms[name] for name in self._blocks)
        if self._consistency:
            one, other = pooled.chunk(2)
            terms["consistency"] = info_nce(one, other, self._temperature)
            loss = loss + self._consistency * terms["consistency"]
        return loss, {name: term.detach() for name, term in terms.items()}

    def states(self, input_ids: Tensor) -> Tensor:
        """Last hidden states ``n x t x d``.

        Without a mask: attention looks back only, and all padding is behind what it pads, where no loss looks either.
        """
        states: Tensor = self.llama.model(input_ids=input_ids).last_hidden_state
        return states

    @staticmethod
    def pool(hidden: Tensor, attention_mask: Tensor) -> Tensor:
        """Mean state ``n x d`` without begin, end and padding: the end is predicted, but the encoder reads texts without one."""
        weight = attention_mask.clone()
        weight[:, 0] = 0
        weight[torch.arange(len(weight), device=weight.device), attention_mask.sum(1) - 1] = 0
        return (hidden.float() * weight.unsqueeze(-1)).sum(1) / weight.sum(1, keepdim=True)
