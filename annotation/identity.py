"""Does a response give away which model wrote it? A flag for people to look at; the text is never changed."""

import re

NAMES = (
    "openai", "anthropic", "deepmind", "mistral", "deepseek", "chatgpt", "gpt-3", "gpt-4", "gpt-5", "claude",
    "gemini", "google bard", "llama", "vicuna", "alpaca", "qwen", "copilot", "grok", "meta ai", "open assistant",
)  # fmt: skip
_NAME = "|".join(re.escape(name) for name in NAMES)
PATTERNS = re.compile(
    rf"\b(?:i am|i'm|i’m|my name is|call me|this is) (?:an? )?(?:\w+ ){{0,3}}?(?:{_NAME})"
    rf"|\b(?:trained|developed|created|made|built|designed) by (?:\w+ ){{0,2}}?(?:{_NAME}|google|meta|microsoft)\b"
    rf"|\bas (?:an? )?(?:\w+ ){{0,3}}?(?:{_NAME})\b"
)


def names_its_model(text: str) -> bool:
    """Whether the text speaks of itself as a known model or a known maker's."""
    low = text.lower()
    return any(name in low for name in (*NAMES, " by google", " by meta", " by microsoft")) and bool(
        PATTERNS.search(low)
    )
