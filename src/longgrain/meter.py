"""A stretch of work in this process > its seconds, peak memory, and energy where the machine tells.

Energy is that of the whole processor packages (RAPL below /sys/class/powercap, which many systems let
only root read) and of all NVIDIA GPUs (NVML, the extra ``energy``), whoever else used them.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

POWERCAP = Path("/sys/class/powercap")
STATUS, CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")


@dataclass(slots=True, kw_only=True)
class Usage:
    """What a stretch took; None where the machine does not tell."""

    seconds: float = 0.0
    joules: float | None = None
    sources: tuple[str, ...] = ()
    """which counters the joules are of: rapl, nvml"""
    peak_memory_mb: float | None = None
    peak_gpu_memory_mb: float | None = None

    def told(self) -> dict[str, Any]:
        """As JSON values, without what is not known."""
        values = {
            "seconds": round(self.seconds, 6),
            "joules": self.joules,
            "joules_of": "+".join(self.sources) or None,
            "peak_memory_mb": self.peak_memory_mb,
            "peak_gpu_memory_mb": self.peak_gpu_memory_mb,
        }
        return {name: value for name, value in values.items() if value is not None}


@contextmanager
def metered(powercap: Path = POWERCAP) -> Iterator[Usage]:
    """Fills what it yields at the end of the stretch."""
    usage, counters = Usage(), _Counters.found(powercap)
    _forget_peak()
    before, start = counters.read(), time.perf_counter()
    try:
        yield usage
    finally:
        usage.seconds = time.perf_counter() - start
        spent = counters.between(before, counters.read())
        usage.joules = sum(spent.values()) if spent else None
        usage.sources = tuple(sorted({name.split(":")[0] for name in spent}))
        usage.peak_memory_mb, usage.peak_gpu_memory_mb = _peak(), _gpu_peak()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Counters:
    """Energy counters of the machine, in microjoules, and where they begin again."""

    files: Mapping[str, Path] = field(default_factory=dict)
    ranges: Mapping[str, float] = field(default_factory=dict)
    gpus: tuple[Any, ...] = ()
    nvml: Any = None

    @classmethod
    def found(cls, powercap: Path) -> _Counters:
        """Packages alone: what lies inside them (intel-rapl:0:0) would be counted twice."""
        files, ranges = {}, {}
        for zone in sorted(powercap.glob("*-rapl:*")) if powercap.is_dir() else ():
            value = _number(zone / "energy_uj")
            if zone.name.count(":") == 1 and value is not None:
                name = f"rapl:{zone.name}"
                files[name] = zone / "energy_uj"
                ranges[name] = _number(zone / "max_energy_range_uj") or 0.0
        nvml, gpus = _gpus()
        return cls(files=files, ranges=ranges, gpus=gpus, nvml=nvml)

    def read(self) -> dict[str, float]:
        found = {name: _number(path) for name, path in self.files.items()}
        for at, gpu in enumerate(self.gpus):
            try:
                found[f"nvml:{at}"] = 1e3 * self.nvml.nvmlDeviceGetTotalEnergyConsumption(gpu)
            except self.nvml.NVMLError:
                found[f"nvml:{at}"] = None  # GPUs before Volta do not count
        return {name: value for name, value in found.items() if value is not None}

    def between(self, before: Mapping[str, float], after: Mapping[str, float]) -> dict[str, float]:
        """Joules by counter; a counter that went round once has its range added."""
        spent = {}
        for name in before.keys() & after.keys():
            used = after[name] - before[name]
            spent[name] = (used + self.ranges.get(name, 0.0) if used < 0 else used) / 1e6
        return {name: joules for name, joules in spent.items() if joules >= 0}


def _gpus() -> tuple[Any, tuple[Any, ...]]:
    try:
        nvml = import_module("pynvml")
        nvml.nvmlInit()
        count = nvml.nvmlDeviceGetCount()
        return nvml, tuple(nvml.nvmlDeviceGetHandleByIndex(at) for at in range(count))
    except Exception:  # not installed, no driver, no GPU: the machine does not tell
        return None, ()


def _number(path: Path) -> float | None:
    try:
        return float(path.read_text("ascii"))
    except (OSError, ValueError):
        return None


def _forget_peak() -> None:
    """So that the peak is that of the stretch; Linux lets a process do that to itself."""
    with suppress(OSError):
        CLEAR.write_text("5")
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_available():
        torch.cuda.reset_peak_memory_stats()


def _peak() -> float | None:
    try:
        lines = STATUS.read_text("ascii", "replace").splitlines()
    except OSError:
        return None
    sizes = [line.split()[1] for line in lines if line.startswith("VmHWM:")]
    return int(sizes[0]) / 1024 if sizes else None


def _gpu_peak() -> float | None:
    torch = sys.modules.get("torch")
    if torch is None or not torch.cuda.is_available():
        return None
    return float(torch.cuda.max_memory_allocated()) / (1 << 20)
