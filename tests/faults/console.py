"""A process of the platform that a test can ask things: one Python snippet a line in, its `answer` as JSON out.

Run as `python -m tests.faults.console` with the platform's environment; holds its own database connection.
"""

import json
import sys
import traceback

import django


def main() -> None:
    django.setup()
    names: dict[str, object] = {}
    for line in sys.stdin:
        names["answer"] = None
        try:
            exec(json.loads(line), names)  # noqa: S102
            print(json.dumps({"answer": names["answer"]}, default=str), flush=True)
        except Exception:
            print(json.dumps({"error": traceback.format_exc()}), flush=True)


if __name__ == "__main__":
    main()
