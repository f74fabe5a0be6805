"""A reward model that transformers reads as a sequence classifier says what it said."""

import sys
from pathlib import Path

import pytest
import torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer, GPT2Config, GPT2Model

from training.rlhf import classifier
from training.rlhf.failures import ConfigError
from training.rlhf.models import RewardModel, load_reward_model, load_tokenizer, new_reward_model
from training.rlhf.tokens import collate, encode

TEXTS = ["Paris.", "I do not know it, but it may be in the north.", ""]
ASKED = ({"role": "user", "content": "Name the capital of France."},)


@pytest.fixture
def folder(tiny: Path, tmp_path: Path) -> Path:
    torch.manual_seed(3)
    model = new_reward_model(tiny, members=3, scope="full")
    model.head.bias.data.normal_()
    model.gain, model.bias = 2.5, -0.75
    model.save(load_tokenizer(tiny), tmp_path / "reward")
    return tmp_path / "reward"


def rewards(folder: Path) -> torch.Tensor:
    model, tokenizer = load_reward_model(folder), load_tokenizer(folder)
    rows = [encode(tokenizer, ASKED, text, max_prompt_tokens=64, max_response_tokens=64) for text in TEXTS]
    batch = collate(rows, pad_id=tokenizer.pad_token_id)
    with torch.no_grad():
        return model.rewards(batch.input_ids, batch.attention_mask, batch.ends, batch.position_ids)


@pytest.mark.parametrize("side", ["left", "right"])
def test_scores_are_the_rewards_however_rows_are_padded(
    folder: Path, tmp_path: Path, side: str, monkeypatch, capsys
) -> None:
    monkeypatch.setattr(sys, "argv", ["classifier", str(folder), str(tmp_path / "out")])
    classifier.main()
    assert "reward = score + " in capsys.readouterr().out
    model = AutoModelForSequenceClassification.from_pretrained(tmp_path / "out").eval()
    tokenizer = AutoTokenizer.from_pretrained(tmp_path / "out", padding_side=side)
    assert (model.config.num_labels, model.config.architectures) == (1, ["LlamaForSequenceClassification"])
    opening = tokenizer.apply_chat_template(list(ASKED), add_generation_prompt=True, tokenize=False)
    whole = [opening + text + tokenizer.eos_token for text in TEXTS]
    rows = tokenizer(whole, add_special_tokens=False, padding=True, return_tensors="pt")
    assert not rows["attention_mask"].all()
    with torch.no_grad():
        scores = model(**{name: rows[name] for name in ("input_ids", "attention_mask")}).logits[:, 0]
    torch.testing.assert_close(scores + model.config.reward_bias, rewards(folder), rtol=0, atol=1e-5)
    # Nothing of the reward model itself was changed.
    assert load_tokenizer(folder).pad_token == load_tokenizer(folder).eos_token


def test_what_no_classifier_can_say_is_refused(tiny: Path, tmp_path: Path) -> None:
    members = new_reward_model(tiny, members=2, scope="lora")
    members.adapt(rank=2, alpha=4)
    with pytest.raises(ConfigError, match="each in their own way"):
        classifier.save_classifier(members, load_tokenizer(tiny), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_another_architecture_goes_over_too(tiny: Path, tmp_path: Path) -> None:
    tokenizer = load_tokenizer(tiny)
    torch.manual_seed(0)
    ends = {"bos_token_id": 2, "eos_token_id": 2}
    model = RewardModel(GPT2Model(GPT2Config(vocab_size=len(tokenizer), n_embd=8, n_layer=2, n_head=2, **ends))).eval()
    missing = classifier.save_classifier(model, tokenizer, tmp_path / "out")
    read = AutoModelForSequenceClassification.from_pretrained(tmp_path / "out").eval()
    rows = [encode(tokenizer, ASKED, text, max_prompt_tokens=64, max_response_tokens=64) for text in TEXTS]
    theirs, own = collate(rows, pad_id=read.config.pad_token_id), collate(rows, pad_id=2)
    with torch.no_grad():
        scores = read(input_ids=theirs.input_ids, attention_mask=theirs.attention_mask).logits[:, 0]
        expected = model.rewards(own.input_ids, own.attention_mask, own.ends, own.position_ids)
    torch.testing.assert_close(scores + missing, expected, rtol=0, atol=1e-5)
