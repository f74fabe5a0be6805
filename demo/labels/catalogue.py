"""The published sets that can be loaded, by the name of their folder."""

from demo.labels.dices import DICES
from demo.labels.finegrained import FINEGRAINED
from demo.labels.irr import IRR
from demo.labels.oasst import OASST
from demo.labels.pandalm import PANDALM
from demo.labels.preflib import PREFLIB
from demo.labels.ukpconvarg import UKPCONVARG

SETS = {one.folder: one for one in (UKPCONVARG, PANDALM, DICES, IRR, PREFLIB, FINEGRAINED, OASST)}
