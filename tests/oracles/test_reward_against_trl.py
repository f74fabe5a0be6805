"""Our loss of a reward model against TRL's trainer on the same model and tokens; skipped where TRL is not installed."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from transformers import AutoModelForSequenceClassification

from training.rlhf.comparisons import PairTarget, PromptPairs
from training.rlhf.models import RewardModel, load_tokenizer
from training.rlhf.packing import pack
from training.rlhf.pair_loss import PairLoss, pair_tensors
from training.rlhf.tiny import make_tiny
from training.rlhf.tokens import Encoded, collate

trl = pytest.importorskip("trl", reason="the oracle is TRL, in an environment of its own: make oracles")
datasets = pytest.importorskip("datasets", reason="TRL's trainers read datasets: make oracles")

PAIRS = 6


def texts() -> list[tuple[Encoded, Encoded]]:
    """(chosen, rejected) of one prompt each, ragged."""
    draw = torch.Generator().manual_seed(3)

    def ids(low: int, high: int) -> list[int]:
        size = int(torch.randint(low, high + 1, (1,), generator=draw))
        return torch.randint(3, 500, (size,), generator=draw).tolist()

    prompts = [ids(2, 12) for _ in range(PAIRS)]
    return [(Encoded(prompt, ids(1, 14)), Encoded(prompt, ids(1, 14))) for prompt in prompts]


@pytest.mark.parametrize("lay", [pack, lambda rows: collate(rows, pad_id=2)], ids=["packed", "padded"])
@pytest.mark.parametrize(("margins", "centre"), [(False, 0.0), (True, 0.0), (True, 0.01)])
def test_a_batch_has_their_loss_and_gradient(
    tmp_path: Path, lay: Callable[[list[Encoded]], object], margins: bool, centre: float
) -> None:
    torch.set_num_threads(1)
    base = make_tiny(tmp_path / "tiny")
    torch.manual_seed(1)
    classifier = AutoModelForSequenceClassification.from_pretrained(base, num_labels=1)
    torch.nn.init.normal_(classifier.score.weight, std=0.5)
    own = RewardModel(AutoModelForSequenceClassification.from_pretrained(base, num_labels=1).model, members=1).eval()
    with torch.no_grad():
        own.head.weight.copy_(classifier.score.weight)
    tokenizer = load_tokenizer(base)
    tokenizer.pad_token = "<|endoftext|>"  # TRL's classifier looks for the last token that is not padding
    trainer = trl.RewardTrainer(
        model=classifier,
        args=trl.RewardConfig(
            output_dir=str(tmp_path / "trl"),
            report_to=[],
            use_cpu=True,
            bf16=False,
            gradient_checkpointing=False,
            center_rewards_coefficient=centre or None,
        ),
        processing_class=tokenizer,
        train_dataset=datasets.Dataset.from_list([{"chosen_ids": [1, 2], "rejected_ids": [1, 3]}]),
    )
    pairs, asked = texts(), [0.1 * n * margins for n in range(PAIRS)]
    rows = [
        {"chosen_ids": better.ids, "rejected_ids": worse.ids} | ({"margin": margin} if margins else {})
        for (better, worse), margin in zip(pairs, asked, strict=True)
    ]
    trainer.model.eval()
    theirs = trainer.compute_loss(trainer.model, trainer.data_collator(rows))
    theirs.backward()

    judged = pair_tensors(
        [
            PromptPairs(str(n), [PairTarget(2 * n, 2 * n + 1, ((1.0, 0.0, 0.0),), margin=asked[n])])
            for n in range(PAIRS)
        ],
        weights=torch.ones(PAIRS, 1),
        dtype=torch.float32,
    )
    ours = PairLoss(own, ties=None, centre=centre)(lay([row for pair in pairs for row in pair]), judged) / PAIRS
    ours.backward()
    torch.testing.assert_close(ours.detach(), theirs.detach(), rtol=0, atol=1e-6)
    gradients = dict(classifier.model.named_parameters())
    for name, weight in own.backbone.named_parameters():
        torch.testing.assert_close(weight.grad, gradients[name].grad, rtol=0, atol=1e-5)
