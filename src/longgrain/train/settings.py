"""What ``longgrain train`` is asked > a checked set of settings, all of which change the tuned model."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any, Literal

from longgrain.errors import PlanError
from longgrain.train import measures

if TYPE_CHECKING:
    from longgrain.masks import Mask

Method = Literal["full", "lora", "qlora"]
Normalise = Literal["example", "token", "row", "sum"]
Order = Literal["shuffled", "short-to-long", "as-packed"]
Batching = Literal["packed", "sorted"]
Attention = Literal["auto", "sdpa", "eager", "flex_attention", "flash_attention_2"]
Precision = Literal["auto", "float32", "mixed", "bfloat16"]
Rope = Literal["as-is", "linear", "yarn", "llama3"]
Objective = Literal["rows", "dpo"]
Task = Literal["classification", "tokens"]
Mix = Literal["none", "fixed", "doremi", "sheared"]
RATES: dict[Method, float] = {"full": 1e-5, "lora": 2e-4, "qlora": 2e-4}
# A preference moves a model further than a likelihood does: a tenth and less, as in TRL's examples.
PAIR_RATES: dict[Method, float] = {"full": 1e-6, "lora": 1e-5, "qlora": 1e-5}
# Those of an encoder whose head is new, as its authors give them (Devlin et al. 2019: 2e-5 to 5e-5).
HEAD_RATES: dict[Method, float] = {"full": 3e-5, "lora": 3e-4}
# What says how packed rows are learned, and says nothing of pairs or of heads.
OF_ROWS = (
    "normalise", "mask", "window", "sinks", "global_roles", "mask_memory", "order", "batching", "old",
    "replay", "l2", "ewc", "fisher", "average", "si", "record_path", "damping", "then", "mix", "sources",
    "shares", "reference", "mix_rate", "mix_floor",
)  # fmt: skip
# What says how a causal model goes on, and says nothing of heads.
OF_CAUSAL = ("objective", "beta", "merge", "rope", "rope_factor", "rope_base", "positions")
OF_HEADS = ("labels", "class_weights", "length", "overlap", "valid_share", "test_share")


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How to train."""

    model: str = ""
    """A folder, or a name on the Hugging Face hub."""
    config: str = ""
    """Instead of --model: a config.json; its model begins with random weights."""
    revision: str = "main"
    """Commit of the model on the hub."""
    task: Task | None = None
    """A head on an encoder instead: classes of texts, or entities in them (docs/heads.md)."""
    labels: str = ""
    """With --task: the classes or kinds of entities, with commas; those of side train if not given."""
    class_weights: str = ""
    """With --task: how much a class counts: balanced, or NAME=2,OTHER=0.5."""
    length: int = 0
    """With --task: tokens of a window of a long text; 0 for all that the model has positions for."""
    overlap: int = 64
    """With --task: tokens that two windows of a text share."""
    valid_share: float = 0.1
    """With --task and a file: share of its texts that the training looks at."""
    test_share: float = 0.1
    """With --task and a file: share of its texts that only the last scores see."""
    objective: Objective = "rows"
    """Learn the rows, or prefer the chosen replies to the rejected ones (DPO)."""
    beta: float = 0.1
    """How firmly DPO holds the model to what it said before."""
    method: Method = "full"
    """All weights, low-rank adapters, or adapters over a model in 4 bits."""
    rank: int = 16
    """Rank of adapters."""
    alpha: int = 32
    """Adapters are scaled by alpha / rank."""
    dropout: float = 0.0
    """Dropout in adapters."""
    targets: str = "all-linear"
    """Layers that get adapters: names with commas, or all but the last one."""
    merge: bool = False
    """Add the adapters to the weights at the end."""
    epochs: float = 1.0
    """How often every row is seen."""
    steps: int = 0
    """Optimiser steps, instead of --epochs."""
    batch: int = 1
    """Rows that go through the model together."""
    accumulate: int = 8
    """Batches in one optimiser step."""
    lr: float | None = None
    """1e-5 for all weights, 2e-4 for adapters; with DPO 1e-6, 1e-5; with --task 3e-5, 3e-4."""
    schedule: Literal["cosine", "linear", "constant"] = "cosine"
    """How the learning rate falls."""
    warmup: float = 0.03
    """Share of the steps in which it rises."""
    decay: float = 0.0
    """Weight decay of AdamW."""
    clip: float = 1.0
    """Longest gradient; 0 for any."""
    normalise: Normalise = "example"
    """By what the loss is divided: see docs/train.md."""
    mask: Literal["block", "window", "grains"] = "block"
    """What a token sees: see docs/masks.md."""
    window: int = 1024
    """Tokens in sight with --mask window."""
    sinks: int = 4
    """First tokens in sight with --mask window."""
    global_roles: str = "instruction,question"
    """Roles in sight of all with --mask window, with commas."""
    mask_memory: float = 4.0
    """GiB that a mask may take."""
    order: Order = "shuffled"
    """Rows by chance, by their longest example, or as they lie."""
    batching: Batching = "packed"
    """Rows as packed, or examples alone, those of like length together."""
    attention: Attention = "auto"
    """Auto is the model's own choice (mostly sdpa), on a GPU with a larger mask flex_attention."""
    precision: Precision = "auto"
    """float32, bfloat16 over float32 weights, or all in bfloat16; auto is mixed on a GPU."""
    recompute: bool = False
    """Compute activations twice to keep fewer of them."""
    rope: Rope = "as-is"
    """How positions are stretched for longer contexts."""
    rope_factor: float = 1.0
    """By how much."""
    rope_base: float | None = None
    """Another base of the rotary positions (theta)."""
    positions: int | None = None
    """Positions that the model may have; rope-factor times its own if it is not given."""
    evaluate_every: int = 0
    """Steps between looks at the validation rows; 0 for once an epoch."""
    save_every: int = 0
    """Steps between checkpoints; 0 for once an epoch."""
    keep: int = 2
    """Checkpoints that are kept."""
    patience: int = 0
    """Stop after so many looks without a better validation loss; 0 for never. Keeps the best."""
    old: str = ""
    """Runs of older tasks, with commas: for --replay and --ewc, and to see what is forgotten."""
    replay: float = 0.0
    """Share of the rows of an epoch that are drawn from the older runs."""
    l2: float = 0.0
    """How firmly all weights are held where they began."""
    ewc: float = 0.0
    """How firmly they are held by what the older runs need of each."""
    fisher: int = 64
    """Examples of the older runs by which --ewc knows that."""
    si: float = 0.0
    """How firmly they are held by what each did for the older task (--record-path there)."""
    record_path: bool = False
    """Write down what each weight does for this task, for a later --si."""
    damping: float = 1e-3
    """Keeps --record-path from holding weights firmly that hardly moved."""
    average: float = 1.0
    """Share of the tuned weights in the model; the rest is the model as it began (WiSE-FT)."""
    then: str = ""
    """Runs of later stages, with commas, each RUN or RUN:setting=value: see docs/train.md."""
    mix: Mix = "none"
    """Draw rows from several sources: as --shares say, or by excess loss (docs/train.md)."""
    sources: str = ""
    """The sources beside the run, NAME=RUN with commas; the run goes by the name of its plan."""
    shares: str = ""
    """How often each source is drawn at first, NAME=SHARE with commas; alike if it is not given."""
    reference: str = ""
    """A model that --mix measures by, or the loss of each source, NAME=LOSS with commas."""
    mix_rate: float = 1.0
    """How fast --mix follows the losses."""
    mix_floor: float = 1e-4
    """Share of the draws that all sources have alike, whatever the losses."""
    seed: int = 17
    """Of new weights, the order of rows and dropout."""

    def __post_init__(self) -> None:
        """PlanError for what cannot be."""
        if bool(self.model) == bool(self.config):
            raise PlanError(
                f"model {self.model!r} and config {self.config!r}: exactly one of them says what is "
                "trained; give --model FOLDER_OR_NAME, or --config FILE for a new model"
            )
        for name in ("batch", "accumulate", "rank", "alpha", "keep"):
            self._at_least(name, 1)
        for name in ("steps", "warmup", "decay", "clip", "dropout", "patience"):
            self._at_least(name, 0)
        for name in ("evaluate_every", "save_every", "sinks"):
            self._at_least(name, 0)
        if self.epochs <= 0 and not self.steps:
            raise PlanError(f"{self.epochs} epochs train nothing; give more, or --steps")
        if self.rope_factor < 1 or (self.rope == "as-is" and self.rope_factor != 1):
            raise PlanError(
                f"rope {self.rope!r} with rope_factor {self.rope_factor} stretches nothing; give "
                "--rope linear, yarn or llama3 and a factor above 1"
            )
        if self.merge and self.method != "lora":
            raise PlanError(
                f"merge adds adapters to weights; method {self.method!r} has none that can be added "
                "without loss: leave --merge out, or train with --method lora"
            )
        if self.method == "qlora" and self.config:
            raise PlanError(
                f"method qlora puts the weights of a model into 4 bits; {self.config!r} has none yet: "
                "give --model, or use --method lora"
            )
        measures.check(self)
        self._objective()
        self._head()
        self.as_mask()

    def _objective(self) -> None:
        if self.beta <= 0:
            raise PlanError(f"beta of {self.beta} compares nothing; give more than 0, such as 0.1")
        set_ = [name for name in OF_ROWS if name in self.changed()]
        if self.objective == "dpo" and set_:
            raise PlanError(
                f"{', '.join(set_)} with objective dpo: that is said of packed rows, and pairs are "
                "compared one by one; leave it out, or train rows"
            )

    def _head(self) -> None:
        wrong = [*OF_ROWS, *OF_CAUSAL] if self.task else OF_HEADS
        if set_ := [name for name in wrong if name in self.changed()]:
            instead = (
                f"with task {self.task!r}: that says how rows and replies are learned, and a head "
                "learns labels"
                if self.task
                else "without a task: that says how a head on an encoder is trained"
            )
            raise PlanError(f"{', '.join(set_)} {instead}; leave it out, or change --task")
        if self.task and self.method == "qlora":
            raise PlanError(
                "method qlora with a task: adapters of a head are merged into the model, which 4 bits "
                "cannot hold; use --method lora"
            )
        if min(self.length, self.overlap, self.valid_share, self.test_share) < 0:
            raise PlanError("length, overlap and shares below 0 mean nothing; give 0 or more")
        if self.length and self.overlap >= self.length - 8:
            raise PlanError(
                f"overlap {self.overlap} leaves windows of {self.length} tokens nothing of their own; "
                "give a smaller --overlap, or a larger --length"
            )
        if self.valid_share + self.test_share >= 1:
            raise PlanError(
                f"valid_share {self.valid_share} and test_share {self.test_share} leave nothing to "
                "train on; together they must be below 1"
            )

    def _at_least(self, name: str, least: float) -> None:
        value = getattr(self, name)
        if value < least:
            raise PlanError(f"{name} of {value} trains nothing; give {least} or more")

    @property
    def rate(self) -> float:
        """The learning rate."""
        rates = PAIR_RATES if self.objective == "dpo" else HEAD_RATES if self.task else RATES
        return rates[self.method] if self.lr is None else self.lr

    def as_mask(self) -> Mask:
        """The mask. PlanError for a window that cannot be."""
        from longgrain import masks

        if self.mask != "window":
            return masks.named(self.mask)
        roles = tuple(one.strip() for one in self.global_roles.split(",") if one.strip())
        return masks.named("window", size=self.window, sinks=self.sinks, global_roles=roles)

    def as_dict(self) -> dict[str, Any]:
        """All of them, defaults written out."""
        return asdict(self)

    def changed(self) -> dict[str, Any]:
        """Those that are not the default."""
        return {f.name: v for f in fields(self) if (v := getattr(self, f.name)) != f.default}
