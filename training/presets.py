"""Settings to start from, by kind of run: smoke (a few steps, to see that all fits), small (a 135-million-parameter
model on two CPU cores, minutes), standard (a GPU). A launch may override any of them.
"""

from typing import Any

from training.models import TrainingRun

Kind = TrainingRun.Kind

PRESETS: dict[str, dict[str, dict[str, Any]]] = {
    Kind.SFT: {
        "smoke": {
            "steps": 6,
            "batch": 4,
            "micro_batch": 4,
            "max_prompt_tokens": 64,
            "max_response_tokens": 64,
            "lr": 5e-5,
            "checkpoint_every": 2,
        },
        "small": {
            "steps": 24,
            "batch": 8,
            "micro_batch": 4,
            "max_prompt_tokens": 192,
            "max_response_tokens": 192,
            "lr": 2e-5,
            "warmup_steps": 3,
            "precision": "bf16",
            "checkpoint_every": 8,
        },
        "standard": {
            "epochs": 2,
            "batch": 32,
            "micro_batch": 8,
            "max_prompt_tokens": 1024,
            "max_response_tokens": 1024,
            "lr": 1e-5,
            "warmup_steps": 20,
            "precision": "bf16",
            "checkpoint_every": 50,
        },
    },
    Kind.REWARD: {
        "smoke": {
            "scope": "head",
            "epochs": 2,
            "max_prompt_tokens": 64,
            "max_response_tokens": 64,
            "head_lr": 1e-2,
            "checkpoint_every": 4,
        },
        # On CPU a head on frozen features is as accurate as fine-tuning and by far the cheapest.
        "small": {
            "scope": "head",
            "epochs": 3,
            "max_prompt_tokens": 192,
            "max_response_tokens": 192,
            "precision": "bf16",
            "checkpoint_every": 25,
        },
        "standard": {
            "scope": "lora",
            "epochs": 1,
            "batch": 32,
            "micro_batch": 8,
            "max_prompt_tokens": 1024,
            "max_response_tokens": 1024,
            "lr": 2e-4,
            "precision": "bf16",
            "checkpoint_every": 50,
        },
    },
    Kind.PPO: {
        "smoke": {
            "steps": 4,
            "prompts_per_step": 4,
            "minibatch": 4,
            "max_prompt_tokens": 48,
            "max_new_tokens": 12,
            "lora_rank": 4,
            "lr": 1e-3,
            "checkpoint_every": 2,
            "samples": 4,
        },
        "small": {
            "steps": 20,
            "prompts_per_step": 8,
            "minibatch": 8,
            "max_prompt_tokens": 96,
            "max_new_tokens": 48,
            "lr": 3e-4,
            "beta": 0.1,
            "kl_target": 6.0,
            "precision": "bf16",
            "checkpoint_every": 5,
            "samples": 8,
        },
        "standard": {
            "steps": 500,
            "prompts_per_step": 128,
            "minibatch": 32,
            "epochs": 2,
            "max_prompt_tokens": 512,
            "max_new_tokens": 512,
            "lr": 1e-5,
            "beta": 0.05,
            "kl_target": 8.0,
            "precision": "bf16",
            "checkpoint_every": 25,
            "samples": 32,
        },
    },
    Kind.SAMPLE: {
        "smoke": {"responses": 2, "max_prompt_tokens": 48, "max_new_tokens": 12},
        "small": {"responses": 2, "max_prompt_tokens": 192, "max_new_tokens": 64, "precision": "bf16"},
        "standard": {
            "responses": 4,
            "batch": 64,
            "max_prompt_tokens": 1024,
            "max_new_tokens": 512,
            "precision": "bf16",
        },
    },
    Kind.SCORE: {
        "smoke": {"max_prompt_tokens": 64, "max_response_tokens": 64},
        "small": {"max_prompt_tokens": 192, "max_response_tokens": 192, "precision": "bf16"},
        "standard": {"batch": 64, "max_prompt_tokens": 1024, "max_response_tokens": 1024, "precision": "bf16"},
    },
}
