"""Arithmetic about models: supervised fine-tuning, reward models and PPO on torch.

Pure: no Django, no task queue, none of the platform's other packages. Every loop is one function
``run(config, data, out, *, report, should_stop, device=None)`` that can be started again with the same
``out`` and goes on bit-exactly. From a shell: ``python -m training.rlhf KIND --config … --data … --out …``.
"""
