"""A tiny random Llama with a real little tokenizer, for tests and for the quick form of the whole loop.

It behaves like SmolLM2 where that matters (chat template, padding equal to the end-of-turn token) and
knows nothing: its text is noise.
"""

from __future__ import annotations

from pathlib import Path

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from .models import save_policy

UNKNOWN, OPEN, CLOSE = "<|endoftext|>", "<|im_start|>", "<|im_end|>"
CHAT_TEMPLATE = (
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' "
    "+ '\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)

# Plain sentences, enough for a few hundred merges over common English.
CORPUS = [
    "The quick brown fox jumps over the lazy dog while the other animals are watching from the forest.",
    "A good answer explains what to do, gives a short example and says where the reader can find more.",
    "Which of the two responses is better, and why? The first one is shorter, but the second is correct.",
    "user assistant system question answer prompt response model reward human preference",
    "Please write a short story about a child who finds an old map in the house of her grandmother.",
    "Water boils at one hundred degrees at sea level; in the mountains it boils at a lower temperature.",
    "To sort a list of numbers, compare each number with the next and swap them when they are out of order.",
    "I am sorry, but I cannot help with that request. Here is something else that may be useful to you.",
    "Yesterday we walked along the river and talked about music, books, and the weather in the north.",
    "The capital of France is Paris. The capital of Italy is Rome. The capital of Spain is Madrid.",
]


def tiny_tokenizer(vocabulary: int = 512) -> PreTrainedTokenizerFast:
    """Byte-level BPE trained on a few sentences: any text can be written, nothing is unknown."""
    raw = Tokenizer(models.BPE())
    raw.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    raw.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        special_tokens=[UNKNOWN, OPEN, CLOSE],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    raw.train_from_iterator(CORPUS, trainer)
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=raw, bos_token=OPEN, eos_token=CLOSE, pad_token=CLOSE, unk_token=UNKNOWN
    )
    tokenizer.chat_template = CHAT_TEMPLATE
    return tokenizer


def make_tiny(folder: Path, seed: int = 0) -> Path:
    """Write a model folder of about 0.5 million parameters; same seed, same bytes. Returns the folder."""
    tokenizer = tiny_tokenizer()
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=96,
        intermediate_size=256,
        num_hidden_layers=4,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=1024,
        tie_word_embeddings=True,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    # The caller's random stream must not depend on whether a tiny model was made in between.
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = LlamaForCausalLM(config)
    save_policy(model, tokenizer, Path(folder))
    return Path(folder)
