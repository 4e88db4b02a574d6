"""Mining: map a masked message to its cluster. The only module that imports drain3.

Promises: an id is a hash of the stream and the seed, so every worker gives the same id to the same cluster; the model
is a function of its records, so a miner rebuilt from them continues exactly as before; an id always resolves
(`merged_into`); memory is bounded, and messages beyond the bound go to a marked overflow cluster. Must not do IO, read
a clock, or let anything in a message act as a wildcard.

Similarity is always 1.0: an unknown message becomes its own cluster and never joins a near match, because at lower
thresholds drain3 merges opposites and depends on order. At 1.0 a template without a wildcard is a dictionary entry;
drain3's tree holds the templates with wildcards (see `wildcards`). A generalised template is a new root whose id is the
hash of the template itself, and the clusters that it absorbs become its aliases: their order does not matter.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING, Final

from msgspec import Struct
from msgspec.structs import replace

from processor.mining.masks import ANY, VALUE
from processor.mining.scripts import MAX_SPAN as MAX_CLUSTERS
from processor.mining.scripts import is_cluster
from processor.mining.wildcards import MAX_SPAN, MinerSettings, Tokens, WildcardFinder, similarity, tokenise
from processor.model import GROUPING_VERSION, TemplateRecord
from processor.model.template import places

if TYPE_CHECKING:
    from collections.abc import Iterable

    from drain3.drain import Drain

__all__ = ["OVERFLOW_TEMPLATE", "Explanation", "Miner", "MinerSettings", "TemplateRecord"]

OVERFLOW_TEMPLATE: Final = "<overflow> more kinds of message than one stream may have"
_RECORDS_PER_CLUSTER: Final = 3  # a generalised cluster keeps a dozen records as evidence; most keep one
_MAX_KNOWN: Final = 10_000
_MAX_KNOWN_CHARS: Final = 512
_NEAREST: Final = 5


class Explanation(Struct, frozen=True):
    """Why a masked message belongs to its cluster.

    Attributes:
        cluster_id: the root of its cluster; None if the next such entry creates a cluster.
        tree_path: drain3's path: number of tokens, first token.
        nearest: up to five of (cluster id, template, similarity 0..1), best first.
        reason: a sentence.
    """

    cluster_id: str | None
    tree_path: tuple[str, ...]
    nearest: tuple[tuple[str, str, float], ...]
    reason: str


class Miner:
    """The model of a stream.

    Args:
        stream_key: names the stream; part of every id.
        records: records written by miners of this stream, in any order.
        settings: bounds and thresholds.
    """

    def __init__(
        self, stream_key: str, records: Iterable[TemplateRecord] = (), *, settings: MinerSettings | None = None
    ) -> None:
        self._stream_key = stream_key
        self._settings = settings or MinerSettings()
        self._evidence = WildcardFinder(self._settings)
        self._records: dict[str, TemplateRecord] = {}
        self._tokens: dict[str, Tokens] = {}
        self._roots = 0
        self._current = 0
        self._known: dict[str, str] = {}
        self._drain: Drain | None = None
        self._planted: list[str] = []  # by drain3's own cluster id, which never leaves this module
        self.apply(records)

    def match(self, masked: str) -> str | None:
        """Return the id of the cluster that has this message, aliases resolved, or None; learns nothing."""
        known = self._known.get(masked)
        if known is None:
            known = self._find(_message_tokens(masked))
            if known is not None and len(masked) <= _MAX_KNOWN_CHARS:
                if len(self._known) >= _MAX_KNOWN:
                    self._known.clear()
                self._known[masked] = known
        return known

    def learn(self, masked: str) -> tuple[str, list[TemplateRecord]]:
        """Return the id of the message's cluster, and the records that this created or changed, in order."""
        changed: list[TemplateRecord] = []
        cluster_id = self.match(masked)
        if cluster_id is None:
            record = self._minted(masked)
            cluster_id = record.id
            if cluster_id not in self._records:
                self._insert(record)
                changed.append(record)
        changed += self._consolidate()
        return self.resolve(cluster_id), changed

    def apply(self, records: Iterable[TemplateRecord]) -> None:
        """Add records that were written elsewhere since; stored records replace those in memory."""
        for record in records:
            held = self._records.get(record.id)
            if held is None:
                self._insert(record)
            elif held != record:
                self._update(record)

    def resolve(self, cluster_id: str) -> str:
        """Follow aliases to the root; an unknown id is its own root."""
        seen = {cluster_id}
        record = self._records.get(cluster_id)
        while record is not None and record.merged_into is not None and record.merged_into not in seen:
            cluster_id = record.merged_into
            seen.add(cluster_id)
            record = self._records.get(cluster_id)
        return cluster_id

    def values(self, cluster_id: str, masked: str) -> tuple[str, ...]:
        """Return the words at each wildcard of the cluster's template in this message; () if it has none."""
        template = self._tokens.get(cluster_id, ())
        if ANY not in template:
            return ()
        return self._evidence.values(template, _message_tokens(masked))

    def parts(self, cluster_id: str, masked: str) -> dict[str, tuple[str | int, ...]]:
        """Return the content of each place of the cluster's template, by key: words, ordinals of masked values."""
        record = self._records.get(cluster_id)
        if record is None or record.overflow:
            return {}
        found = self._evidence.parts(self._tokens[cluster_id], _message_tokens(masked))
        return {place.key: parts for place, parts in zip(places(record.template), found, strict=False)}

    def template(self, cluster_id: str) -> str:
        """Return the template of a cluster, "" for an unknown cluster."""
        record = self._records.get(cluster_id)
        return "" if record is None else record.template

    def identify(self, masked: str) -> str:
        """Return the id of this message as a cluster of its own, whether or not it exists."""
        return self._identify(_message_tokens(masked))

    def literal(self, masked: str) -> TemplateRecord:
        """Return the record of this message as a cluster that is never merged, whether or not it exists."""
        seed = masked.replace(ANY, VALUE)
        cluster_id = self._identify(tokenise(seed))
        return self._records.get(cluster_id) or TemplateRecord(cluster_id, seed, seed, literal=True)

    def explain(self, masked: str) -> Explanation:
        """Explain the message's cluster and its nearest alternatives; slow, for people."""
        tokens = _message_tokens(masked)
        found = self._find(tokens)
        scores = [(similarity(mine, tokens), cluster_id) for cluster_id, mine in self._tokens.items()]
        nearest = sorted(scores, key=lambda scored: (-scored[0], scored[1]))[:_NEAREST]
        if found is None:
            reason = "no cluster has this text: the next entry opens one"
            if self._is_full():
                reason = f"the stream already has {self._settings.max_clusters} kinds of message: overflow"
        elif self._identify(tokens) == found:
            reason = "its masked text is the cluster's template"
        elif self._identify(tokens) in self._records:
            reason = f"its own cluster was merged into {found}"
        else:
            reason = f"it fits a template whose {ANY} was earned by many distinct words"
        return Explanation(
            cluster_id=found,
            tree_path=(str(len(tokens)), *tokens[:1]),
            nearest=tuple((id_, self._records[id_].template, score) for score, id_ in nearest),
            reason=reason,
        )

    def _minted(self, masked: str) -> TemplateRecord:
        if self._is_full():
            cluster_id = self._identify((OVERFLOW_TEMPLATE,))
            return TemplateRecord(cluster_id, OVERFLOW_TEMPLATE, OVERFLOW_TEMPLATE, overflow=True)
        seed = masked.replace(ANY, VALUE)
        return TemplateRecord(self._identify(tokenise(seed)), seed, seed)

    def _identify(self, tokens: Tokens) -> str:
        key = f"{self._stream_key}\0{' '.join(tokens)}".encode("utf-8", "surrogatepass")
        return blake2b(key, digest_size=6).hexdigest()

    def _is_full(self) -> bool:
        limit = self._settings.max_clusters
        return self._roots >= limit or self._current >= _RECORDS_PER_CLUSTER * limit

    def _insert(self, record: TemplateRecord) -> None:
        self._records[record.id] = record
        self._roots += record.merged_into is None
        if record.overflow:
            return
        tokens = self._tokens[record.id] = tokenise(record.seed)
        if ANY in tokens:
            self._plant(record.id, tokens)
        if record.literal:
            self._known.clear()
        self._consider(record, tokens)

    def _consider(self, record: TemplateRecord, tokens: Tokens) -> None:
        """Add a record to the evidence, unless older rules masked its seed differently."""
        if record.grouping >= GROUPING_VERSION:
            self._current += 1
            self._evidence.add(tokens, record.seed)

    def _update(self, record: TemplateRecord) -> None:
        self._roots += (record.merged_into is None) - (self._records[record.id].merged_into is None)
        held = self._records[record.id]
        self._records[record.id] = record
        if held.grouping < record.grouping and not record.overflow:
            self._consider(record, self._tokens[record.id])
        self._known.clear()

    def _plant(self, cluster_id: str, tokens: Tokens) -> None:
        from drain3.drain import Drain, LogCluster  # its package takes long to load, and most streams need no tree

        if self._drain is None:
            self._drain = Drain(sim_th=1.0, param_str=ANY, parametrize_numeric_tokens=False)
        node = LogCluster(list(tokens), len(self._planted))
        self._planted.append(cluster_id)
        self._drain.id_to_cluster[node.cluster_id] = node
        self._drain.add_seq_to_prefix_tree(self._drain.root_node, node)

    def _find(self, tokens: Tokens) -> str | None:
        exact = self._identify(tokens)
        if exact in self._records:
            return self.resolve(exact)
        if self._drain is None:
            return None
        fitting: list[tuple[int, str]] = []
        # drain3's own search prefers the match with most wildcards and misses templates behind a literal first token
        longest = MAX_CLUSTERS if any(is_cluster(token) for token in tokens) else MAX_SPAN
        for length in range(max(len(tokens) - longest + 1, 1), len(tokens) + 2):
            for node_id in self._drain.get_clusters_ids_for_seq_len(length):
                template = self._drain.id_to_cluster[node_id].log_template_tokens
                if self._evidence.fits(template, tokens):
                    fitting.append((template.count(ANY), self._planted[node_id]))
        return self.resolve(min(fitting)[1]) if fitting else None

    def _consolidate(self) -> list[TemplateRecord]:
        changed: list[TemplateRecord] = []
        for template, seed in self._evidence.take_ready():
            root_id = self._identify(template)
            if root_id not in self._records:
                if self._find(template) is not None:
                    continue  # a wider template already has these messages
                root = TemplateRecord(root_id, seed, seed)
                self._insert(root)
                changed.append(root)
            changed += self._absorb(self.resolve(root_id), template)
        return changed

    def _absorb(self, root_id: str, template: Tokens) -> list[TemplateRecord]:
        absorbed = [
            replace(record, merged_into=root_id)
            for record in self._records.values()
            if record.merged_into is None and not (record.id == root_id or record.overflow or record.literal)
            if self._evidence.fits(template, self._tokens[record.id])
        ]
        for record in absorbed:
            self._update(record)
        return absorbed


def _message_tokens(masked: str) -> Tokens:
    return tokenise(masked.replace(ANY, VALUE))
