"""A password hasher that is as quick as a test needs and counts how often it was asked."""

from workforce.hashing import PasswordHasher

PATH = "tests.workforce.counting.CountingHasher"


class CountingHasher(PasswordHasher):
    """One round instead of a million."""

    iterations = 1
    asked = 0

    def encode(self, password: str, salt: str, iterations: int | None = None) -> str:
        CountingHasher.asked += 1
        return super().encode(password, salt, 1)
