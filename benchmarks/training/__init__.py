"""Training beside TRL and transformers: same machine, same run, same model, same real data.

Every side is a process of its own, so that its memory is its own and no library changes another's. One runs at a
time, a step each, round after round: what else the machine is busy with meets both. Times are of the processor, one
thread; ratios are medians over rounds of ratios within a round.
"""
