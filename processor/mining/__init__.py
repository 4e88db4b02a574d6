"""Give each entry to a cluster by masking and Drain3 template mining.

Enters: `Entry` objects and the stored clusters.
Leaves: masked messages, cluster ids and new templates.
Must not: do IO or look at counts; only `miner` may use drain3.
"""

from processor.model import GROUPING_VERSION

__all__ = ["GROUPING_VERSION"]
