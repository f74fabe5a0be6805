"""``python -m training.rlhf.classifier REWARD_MODEL FOLDER``: a reward model as transformers' sequence classifier.

What ``AutoModelForSequenceClassification`` reads with one label gives the rewards of the reward model, for whoever goes
on in another framework. Two things do not go over by themselves. Classifiers find the end of a row by its padding, so
padding becomes a token of its own: where it is the token that ends a turn, as in SmolLM2, they would score the token
before. And most classifiers have no constant: what is missing stands in the settings as ``reward_bias``.
"""

from __future__ import annotations

import argparse
import copy
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForSequenceClassification, PreTrainedTokenizerBase

from .failures import ConfigError
from .folders import atomic_folder
from .models import RewardModel, load_reward_model, load_tokenizer

PADDING = "<|padding|>"


@torch.no_grad()
def save_classifier(model: RewardModel, tokenizer: PreTrainedTokenizerBase, folder: Path) -> float:
    """Write the classifier atomically; returns what must be added to its scores to have the rewards, often not 0.

    The members of an ensemble become their mean. Raises ConfigError for members that have LoRA of their own, and for an
    architecture without a classifier that reads the last token.
    """
    if model.adapters:
        raise ConfigError(
            "The members of this reward model read the text each in their own way, so that no single classifier gives "
            "their mean; nothing was written. Train one with member head."
        )
    trunk: Any = model.backbone
    config, tokenizer = copy.deepcopy(trunk.config), copy.deepcopy(tokenizer)
    config.num_labels, config.problem_type = 1, "regression"
    try:
        classifier: Any = AutoModelForSequenceClassification.from_config(config, dtype=torch.float32)
        score = classifier.score
    except (ValueError, AttributeError) as error:
        raise ConfigError(
            "This reward model's architecture has no classifier of the last token in transformers; nothing was "
            "written. Its trunk and head are read as the documentation says."
        ) from error
    getattr(classifier, classifier.base_model_prefix).load_state_dict(trunk.state_dict())
    tokenizer.add_special_tokens({"pad_token": PADDING})
    rows = classifier.get_input_embeddings().num_embeddings
    if len(tokenizer) > rows:
        classifier.resize_token_embeddings(len(tokenizer))
    score.weight.copy_(model.gain * model.head.weight.mean(0, keepdim=True))
    missing = model.gain * float(model.head.bias.mean()) + model.bias
    if score.bias is not None:
        score.bias.fill_(missing)
        missing = 0.0
    classifier.config.pad_token_id, classifier.config.reward_bias = tokenizer.pad_token_id, missing
    with atomic_folder(folder) as fresh:
        classifier.save_pretrained(fresh)
        tokenizer.save_pretrained(fresh)
    return missing


def main() -> None:
    """Export a folder."""
    parser = argparse.ArgumentParser(prog="python -m training.rlhf.classifier", description=__doc__)
    parser.add_argument("reward_model", type=Path, help="folder of a reward model")
    parser.add_argument("folder", type=Path, help="folder to write")
    given = parser.parse_args()
    missing = save_classifier(load_reward_model(given.reward_model), load_tokenizer(given.reward_model), given.folder)
    print(f"{given.folder}: reward = score + {missing:.6g}")


if __name__ == "__main__":
    main()
