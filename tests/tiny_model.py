"""A causal language model small enough to be made in a second: random weights, SmolLM2's tokenizer."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

WIDTH, INNER, LAYERS, HEADS, HEAD = 32, 64, 2, 2, 16
CODES = ("product", "price", "secret", "7")
LIKED = dict.fromkeys((" [", "[", "7", "$", "\n", "<|im_end|>"), 3.2)
"""Tokens liked anywhere, and how much; then, after which tokens, which others."""
FOLLOWED = (
    ((" [", "["), (*CODES, " the"), 9.0),
    (("product", "price", "7"), ("]", "].", " of"), 9.0),
    (("secret",), ("7",), 9.0),
)


def write_tiny_model(folder: Path) -> None:
    """Fill `folder` with a model in Hugging Face's form; skips the test without the packaged GGUF."""
    tokens = write_tokenizer(folder)
    chance = np.random.default_rng(7)

    def draw(*shape: int, scale: float = 0.4) -> np.ndarray:
        return (chance.standard_normal(shape) * scale).astype(np.float32)

    weights = {
        "model.embed_tokens.weight": draw(len(tokens), WIDTH, scale=1.0),
        "model.norm.weight": np.ones(WIDTH, np.float32),
        "lm_head.weight": draw(len(tokens), WIDTH, scale=0.2),
    }
    # Dimensions that no random weight touches, so that their weight in the last layer is a preference:
    # the first is the same for every token, the others belong to the tokens that call for others.
    weights["model.embed_tokens.weight"][:, : 1 + len(FOLLOWED)] = 0.0
    weights["lm_head.weight"][:, : 1 + len(FOLLOWED)] = 0.0
    weights["model.embed_tokens.weight"][:, 0] = 30.0
    for token, liking in LIKED.items():
        weights["lm_head.weight"][tokens[token], 0] = liking
    for at, (before, after, liking) in enumerate(FOLLOWED, 1):
        for token in before:
            weights["model.embed_tokens.weight"][tokens[token], at] = 30.0
        for token in after:
            weights["lm_head.weight"][tokens[token], at] = liking
    weights |= _layers(draw)
    for name, weight in weights.items():
        if name.endswith(("o_proj.weight", "down_proj.weight")):
            weight[: 1 + len(FOLLOWED)] = 0.0
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    config = {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "dtype": "float32",
        "vocab_size": len(tokens),
        "hidden_size": WIDTH,
        "intermediate_size": INNER,
        "num_hidden_layers": LAYERS,
        "num_attention_heads": HEADS,
        "num_key_value_heads": 1,
        "head_dim": HEAD,
        "max_position_embeddings": 512,
        "rms_norm_eps": 1e-5,
        "rope_parameters": {"rope_type": "default", "rope_theta": 10000.0},
        "tie_word_embeddings": False,
        "bos_token_id": 1,
        "eos_token_id": 2,
        "pad_token_id": 2,
    }
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")


def _layers(draw: Callable[..., np.ndarray]) -> dict[str, np.ndarray]:
    weights = {}
    for layer in range(LAYERS):
        name = f"model.layers.{layer}"
        for part in ("q", "o"):
            weights[f"{name}.self_attn.{part}_proj.weight"] = draw(WIDTH, WIDTH)
        for part in ("k", "v"):
            weights[f"{name}.self_attn.{part}_proj.weight"] = draw(HEAD, WIDTH)
        for part in ("gate", "up"):
            weights[f"{name}.mlp.{part}_proj.weight"] = draw(INNER, WIDTH)
        weights[f"{name}.mlp.down_proj.weight"] = draw(WIDTH, INNER)
        for part in ("input_layernorm", "post_attention_layernorm"):
            weights[f"{name}.{part}.weight"] = np.ones(WIDTH, np.float32)
    return weights


def write_tokenizer(folder: Path) -> dict[str, int]:
    """SmolLM2's tokenizer, from its package; its vocabulary by text."""
    from gguf import GGUFReader

    from assistant.models.unpacking import write_tokenizer as write_tokenizer_files
    from assistant.models.weights import find_weights
    from shop.errors import ModelUnavailable

    try:
        packed = find_weights("smollm2").packed
    except ModelUnavailable:
        pytest.skip("the language model's package is not installed")
    reader = GGUFReader(str(packed))
    said = {name: field.contents() for name, field in reader.fields.items()}
    write_tokenizer_files(said, folder)
    return {
        token.replace("Ġ", " ").replace("Ċ", "\n"): at
        for at, token in enumerate(said["tokenizer.ggml.tokens"])
    }
