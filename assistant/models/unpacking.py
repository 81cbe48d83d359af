"""From a Llama-shaped GGUF file to a model folder in Hugging Face's form, without torch.

Knows the two formats and nothing else. transformers reads GGUF too, in half a minute: it parses
the vocabulary three times and rebuilds its name map for every tensor. Here the file is read once;
a test holds the folder to what transformers makes of the same file (weights bit by bit, tokens,
chat template).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

LAYER_NAMES = {
    "attn_norm": "input_layernorm",
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "ffn_norm": "post_attention_layernorm",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
}
OTHER_NAMES = {"token_embd": "model.embed_tokens", "output_norm": "model.norm", "output": "lm_head"}
CONTROL = 3  # GGUF's token type of control words such as <|im_end|>


def unpack_gguf(packed: Path, folder: Path) -> None:
    """Write the weights as plain 32-bit floats, the configuration and the tokenizer into `folder`.

    Raises ValueError where the file is of another family than Llama with a GPT-2 vocabulary.
    """
    from gguf import GGUFReader

    reader = GGUFReader(str(packed))
    said = {name: field.contents() for name, field in reader.fields.items()}
    family = (said["general.architecture"], said["tokenizer.ggml.model"])
    if family != ("llama", "gpt2"):
        raise ValueError(f"a GGUF file of the family {'/'.join(family)} is not understood here")
    config = _config(said, tied=all(tensor.name != "output.weight" for tensor in reader.tensors))
    write_tokenizer(said, folder)
    _write_weights(reader.tensors, config, folder)
    _write_json(folder / "config.json", config)


def _config(said: dict[str, Any], *, tied: bool) -> dict[str, Any]:
    width, heads = said["llama.embedding_length"], said["llama.attention.head_count"]
    end = said["tokenizer.ggml.eos_token_id"]
    return {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "dtype": "float32",
        "vocab_size": len(said["tokenizer.ggml.tokens"]),
        "hidden_size": width,
        "intermediate_size": said["llama.feed_forward_length"],
        "num_hidden_layers": said["llama.block_count"],
        "num_attention_heads": heads,
        "num_key_value_heads": said["llama.attention.head_count_kv"],
        "head_dim": width // heads,
        "max_position_embeddings": said["llama.context_length"],
        "rms_norm_eps": said["llama.attention.layer_norm_rms_epsilon"],
        "rope_parameters": {"rope_type": "default", "rope_theta": said["llama.rope.freq_base"]},
        "tie_word_embeddings": tied,
        "bos_token_id": said["tokenizer.ggml.bos_token_id"],
        "eos_token_id": end,
        "pad_token_id": said.get("tokenizer.ggml.padding_token_id", end),
    }


def _write_weights(tensors: Any, config: dict[str, Any], folder: Path) -> None:
    import numpy as np
    from gguf import dequantize
    from safetensors.numpy import save_file

    heads = {"attn_q": config["num_attention_heads"], "attn_k": config["num_key_value_heads"]}
    found = {}
    for tensor in tensors:
        plain = dequantize(tensor.data, tensor.tensor_type)
        name, _, kind = tensor.name.rpartition(".")
        part = name.rpartition(".")[2]
        if part in heads:
            # llama.cpp pairs the dimensions it rotates side by side, Hugging Face half a head apart.
            rows = plain.reshape(heads[part], -1, 2, plain.shape[-1])
            plain = rows.swapaxes(1, 2).reshape(plain.shape)
        found[f"{_name(name)}.{kind}"] = np.ascontiguousarray(plain, dtype=np.float32)
    save_file(found, folder / "model.safetensors", metadata={"format": "pt"})


def _name(name: str) -> str:
    if name.startswith("blk."):
        _, layer, part = name.split(".")
        return f"model.layers.{layer}.{LAYER_NAMES[part]}"
    return OTHER_NAMES[name]


def write_tokenizer(said: dict[str, Any], folder: Path) -> None:
    """Write the tokenizer and chat template that the fields `said` of a GGUF file describe."""
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

    tokens = said["tokenizer.ggml.tokens"]
    merges = [tuple(pair.split(" ", 1)) for pair in said["tokenizer.ggml.merges"]]
    vocabulary = {token: number for number, token in enumerate(tokens)}
    tokenizer = Tokenizer(models.BPE(vocabulary, merges))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    types = zip(tokens, said["tokenizer.ggml.token_type"], strict=True)
    control = [token for token, kind in types if kind == CONTROL]
    tokenizer.add_special_tokens([AddedToken(token, special=True, normalized=False) for token in control])
    tokenizer.save(str(folder / "tokenizer.json"))
    roles = {"bos": "bos", "eos": "eos", "unk": "unknown", "pad": "padding"}
    named = {
        f"{ours}_token": tokens[said[f"tokenizer.ggml.{theirs}_token_id"]]
        for ours, theirs in roles.items()
        if f"tokenizer.ggml.{theirs}_token_id" in said
    }
    _write_json(folder / "tokenizer_config.json", {"tokenizer_class": "PreTrainedTokenizerFast", **named})
    (folder / "chat_template.jinja").write_text(said["tokenizer.chat_template"], encoding="utf-8")


def _write_json(file: Path, content: dict[str, Any]) -> None:
    file.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
