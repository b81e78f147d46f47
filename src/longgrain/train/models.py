"""Settings > a model as it begins: loaded or new, positions stretched, with adapters where asked for."""

from __future__ import annotations

import json
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch
import transformers
from transformers import AutoConfig, AutoModelForCausalLM, PreTrainedConfig

from longgrain.errors import TrainError
from longgrain.train.settings import Settings

# What can go wrong in other people's files and on the way to the hub.
BROKEN = (OSError, ValueError, KeyError, RuntimeError, TypeError, AttributeError)


def config_of(settings: Settings) -> PreTrainedConfig:
    """The model's configuration, its positions as asked for. TrainError where there is none."""
    try:
        if settings.config:
            values = json.loads(Path(settings.config).read_text("utf-8"))
            found: PreTrainedConfig = AutoConfig.for_model(values.pop("model_type"), **values)
        else:
            found = AutoConfig.from_pretrained(settings.model, revision=settings.revision)
    except BROKEN as error:
        raise TrainError(
            f"{_named(settings)} has no configuration that can be read ({type(error).__name__}: "
            f"{error}), so there is nothing to train; give a folder with config.json and weights, a "
            "name on the hub, or --config with a config.json that names its model_type"
        ) from error
    return stretched(found, settings)


def stretched(config: PreTrainedConfig, settings: Settings) -> PreTrainedConfig:
    """The configuration with RoPE scaling, base and positions as asked for.

    Scaling that looks at the longest sequence of a batch ("dynamic", "longrope") is refused where
    it is asked for: it would let the examples of a row depend on each other.
    """
    asked = settings.rope != "as-is" or settings.rope_base is not None
    inner: Any = config.get_text_config()
    own = getattr(inner, "max_position_embeddings", None)
    rope: dict[str, Any] = getattr(inner, "rope_parameters", None) or {}
    if asked and "rope_theta" not in rope:
        raise TrainError(
            f"{_named(settings)} ({config.model_type}) has no single set of rotary positions, so "
            "--rope and --rope-base change nothing; leave them out, or choose another model"
        )
    if settings.rope_base is not None:
        rope["rope_theta"] = settings.rope_base
    if settings.rope != "as-is":
        more: dict[str, Any] = {"rope_type": settings.rope, "factor": settings.rope_factor}
        if settings.rope != "linear":
            more["original_max_position_embeddings"] = own
        if settings.rope == "llama3":  # the published bands of Llama 3.1
            more |= {"low_freq_factor": 1.0, "high_freq_factor": 4.0}
        inner.rope_parameters = {"rope_theta": rope["rope_theta"], **more}
    if own:
        wanted = settings.positions or round(own * settings.rope_factor)
        inner.max_position_embeddings = wanted
    return config


def device_of() -> str:
    """Where the model is trained."""
    return "cuda" if torch.cuda.is_available() else "cpu"


def precision_of(settings: Settings) -> str:
    """float32, mixed or bfloat16."""
    if settings.precision != "auto":
        return settings.precision
    return "mixed" if device_of() == "cuda" and torch.cuda.is_bf16_supported() else "float32"


def attention_of(settings: Settings, longest: int) -> str:
    """The attention for rows of so many tokens, "" for the model's own choice, which is sdpa if it can.

    TrainError for one that cannot do what is asked.
    """
    from longgrain import masks

    device, asked = device_of(), settings.attention
    if asked == "auto":
        fits = masks.memory("bool", settings.batch, longest) <= settings.mask_memory * 2**30
        return "" if fits or device == "cpu" else "flex_attention"
    if asked == "flex_attention" and device == "cpu":
        raise TrainError(
            "flex_attention has no backward pass on a CPU, so nothing could be learned; use "
            "--attention sdpa"
        )
    if asked == "flash_attention_2":
        if settings.mask != "block":
            raise TrainError(
                f"flash attention knows no mask {settings.mask!r}: it would train with another one; "
                "use --attention flex_attention (a GPU) or sdpa"
            )
        if find_spec("flash_attn") is None:
            raise TrainError(
                "flash attention needs the package flash-attn, which is not installed; install it, or "
                "use --attention flex_attention or sdpa"
            )
    return asked


def begun(settings: Settings, config: PreTrainedConfig, attention: str) -> Any:
    """The model, in the memory of the CPU or, in 4 bits, of the GPU; every weight can be trained."""
    dtype = torch.bfloat16 if precision_of(settings) == "bfloat16" else torch.float32
    more: dict[str, Any] = {"attn_implementation": attention} if attention else {}
    if settings.method == "qlora":
        more["quantization_config"] = _four_bits(settings)
    try:
        if settings.config:
            torch.manual_seed(settings.seed)
            return AutoModelForCausalLM.from_config(config, **more).to(dtype)
        return AutoModelForCausalLM.from_pretrained(
            settings.model, revision=settings.revision, config=config, dtype=dtype, **more
        )
    except BROKEN as error:
        raise TrainError(
            f"{_named(settings)} cannot be made or loaded ({type(error).__name__}: {error}), so there "
            "is nothing to train; give a folder with config.json and weights, or a name on the hub"
        ) from error


def _four_bits(settings: Settings) -> Any:
    if find_spec("bitsandbytes") is None:
        raise TrainError(
            f"--method qlora loads {_named(settings)} in 4 bits with bitsandbytes, which is not "
            "installed; `pip install 'longgrain[qlora]'`, or use --method lora"
        )
    return transformers.BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=torch.float32 if device_of() == "cpu" else torch.bfloat16,
    )


def adapted(
    model: Any, settings: Settings, task_type: str = "CAUSAL_LM", whole: Sequence[str] = ()
) -> Any:
    """The model with adapters, which alone are trained; itself for --method full.

    Parts named by ``whole`` have none: all their weights are trained.
    """
    if settings.method == "full":
        return model
    if find_spec("peft") is None:
        raise TrainError(
            f"--method {settings.method} needs peft, which is not installed; "
            "`pip install 'longgrain[train]'`, or use --method full"
        )
    import peft

    if settings.method == "qlora":
        _keep_gradients(model)
        model = peft.prepare_model_for_kbit_training(
            model, use_gradient_checkpointing=settings.recompute
        )
    torch.manual_seed(settings.seed)
    names = [one.strip() for one in settings.targets.split(",") if one.strip()]
    asked = peft.LoraConfig(
        r=settings.rank,
        lora_alpha=settings.alpha,
        lora_dropout=settings.dropout,
        target_modules=settings.targets if names == ["all-linear"] else names,
        task_type=task_type,
        modules_to_save=[*whole] or None,
        exclude_modules=rf"(.*\.)?({'|'.join(whole)})(\..*)?" if whole else None,
    )
    try:
        return peft.get_peft_model(model, asked)
    except ValueError as error:
        raise TrainError(
            f"targets {settings.targets!r} of adapters: {error}; name layers that "
            f"{_named(settings)} has, or say all-linear"
        ) from error


def _keep_gradients(model: Any) -> None:
    """Keeps bitsandbytes on a CPU from repacking weights when the model is evaluated.

    Its product with repacked weights (0.50) has no backward pass, so what lies behind them would
    learn nothing from then on, with no more than a warning of torch.
    """
    for module in model.modules():
        if hasattr(module, "support_avx512bf16_for_cpu"):
            module.support_avx512bf16_for_cpu = False


def _named(settings: Settings) -> str:
    return f"model {settings.model!r}" if settings.model else f"configuration {settings.config!r}"
