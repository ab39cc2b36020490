"""timm: the small layers, helpers and constants that model files import from it."""

import collections.abc
import functools
import itertools
import sys
import types

import torch
from torch import nn
from torch._aliases import stochastic_depth
from torch._unknown import Unknown


def _ntuple(count):
    def parse(value):
        if isinstance(value, collections.abc.Iterable) and not isinstance(value, str):
            return tuple(value)
        return tuple(itertools.repeat(value, count))

    return parse


to_1tuple, to_2tuple, to_3tuple, to_4tuple = map(_ntuple, range(1, 5))
to_ntuple = _ntuple


def make_divisible(v, divisor=8, min_value=None, round_limit=0.9):
    value = max(min_value or divisor, int(v + divisor / 2) // divisor * divisor)
    return value + divisor if value < round_limit * v else value


def drop_path(x, drop_prob=0.0, training=False, scale_by_keep=True):
    return stochastic_depth(x, drop_prob, "row", training)


class DropPath(nn.Module):
    def __init__(self, drop_prob=0.0, scale_by_keep=True):
        super().__init__()
        self.drop_prob, self.scale_by_keep = drop_prob, scale_by_keep

    def forward(self, x):
        return drop_path(x, self.drop_prob or 0.0, self.training, self.scale_by_keep)


trunc_normal_ = trunc_normal_tf_ = nn.init.trunc_normal_


def variance_scaling_(tensor, scale=1.0, mode="fan_in", distribution="normal"):
    fan_in, fan_out = nn.init._calculate_fan_in_and_fan_out(tensor)
    variance = scale / {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}[mode]
    if distribution == "uniform":
        return nn.init.uniform_(tensor, -((3 * variance) ** 0.5), (3 * variance) ** 0.5)
    if distribution == "truncated_normal":
        return nn.init.trunc_normal_(tensor, std=variance**0.5 / 0.87962566103423978)
    return nn.init.normal_(tensor, std=variance**0.5)


def lecun_normal_(tensor):
    return variance_scaling_(tensor, distribution="truncated_normal")


class Mlp(nn.Module):
    def __init__(
        self,
        in_features,
        hidden_features=None,
        out_features=None,
        act_layer=nn.GELU,
        norm_layer=None,
        bias=True,
        drop=0.0,
        use_conv=False,
    ):
        super().__init__()
        hidden_features, out_features = hidden_features or in_features, out_features or in_features
        biases, drops = to_2tuple(bias), to_2tuple(drop)
        layer = functools.partial(nn.Conv2d, kernel_size=1) if use_conv else nn.Linear
        self.fc1 = layer(in_features, hidden_features, bias=biases[0])
        self.act = act_layer()
        self.drop1 = nn.Dropout(drops[0])
        self.norm = nn.Identity() if norm_layer is None else norm_layer(hidden_features)
        self.fc2 = layer(hidden_features, out_features, bias=biases[1])
        self.drop2 = nn.Dropout(drops[1])

    def forward(self, x):
        return self.drop2(self.fc2(self.norm(self.drop1(self.act(self.fc1(x))))))


ConvMlp = functools.partial(Mlp, act_layer=nn.ReLU, use_conv=True)


class PatchEmbed(nn.Module):
    def __init__(self, img_size=224, patch_size=16, in_chans=3, embed_dim=768, norm_layer=None, flatten=True, bias=True):
        super().__init__()
        self.img_size, self.patch_size = to_2tuple(img_size), to_2tuple(patch_size)
        self.grid_size = tuple(size // patch for size, patch in zip(self.img_size, self.patch_size))
        self.num_patches = self.grid_size[0] * self.grid_size[1]
        self.flatten = flatten
        self.proj = nn.Conv2d(in_chans, embed_dim, self.patch_size, self.patch_size, bias=bias)
        self.norm = norm_layer(embed_dim) if norm_layer else nn.Identity()

    def forward(self, x):
        x = self.proj(x)
        return self.norm(x.flatten(2).transpose(1, 2) if self.flatten else x)


class Attention(nn.Module):
    def __init__(
        self,
        dim,
        num_heads=8,
        qkv_bias=False,
        qk_norm=False,
        attn_drop=0.0,
        proj_drop=0.0,
        norm_layer=nn.LayerNorm,
    ):
        super().__init__()
        self.num_heads, self.head_dim = num_heads, dim // num_heads
        self.scale = self.head_dim**-0.5
        self.qkv = nn.Linear(dim, dim * 3, bias=qkv_bias)
        self.q_norm = norm_layer(self.head_dim) if qk_norm else nn.Identity()
        self.k_norm = norm_layer(self.head_dim) if qk_norm else nn.Identity()
        self.attn_drop = nn.Dropout(attn_drop)
        self.proj = nn.Linear(dim, dim)
        self.proj_drop = nn.Dropout(proj_drop)

    def forward(self, x):
        batch, length, width = x.shape
        q, k, v = self.qkv(x).reshape(batch, length, 3, self.num_heads, self.head_dim).permute(2, 0, 3, 1, 4)
        weights = self.attn_drop((self.q_norm(q) * self.scale @ self.k_norm(k).transpose(-2, -1)).softmax(-1))
        return self.proj_drop(self.proj((weights @ v).transpose(1, 2).reshape(batch, length, width)))


class LayerScale(nn.Module):
    def __init__(self, dim, init_values=1e-5, inplace=False):
        super().__init__()
        self.gamma = nn.Parameter(torch.full((dim,), init_values))

    def forward(self, x):
        return x * self.gamma


class Block(nn.Module):
    def __init__(
        self,
        dim,
        num_heads,
        mlp_ratio=4.0,
        qkv_bias=False,
        qk_norm=False,
        proj_drop=0.0,
        attn_drop=0.0,
        init_values=None,
        drop_path=0.0,
        act_layer=nn.GELU,
        norm_layer=nn.LayerNorm,
        mlp_layer=Mlp,
        drop=0.0,
    ):
        super().__init__()
        scale = (lambda: LayerScale(dim, init_values)) if init_values else nn.Identity
        path = (lambda: DropPath(drop_path)) if drop_path > 0.0 else nn.Identity
        drop = proj_drop or drop
        self.norm1 = norm_layer(dim)
        self.attn = Attention(dim, num_heads, qkv_bias, qk_norm, attn_drop, drop, norm_layer)
        self.ls1, self.drop_path1 = scale(), path()
        self.norm2 = norm_layer(dim)
        self.mlp = mlp_layer(dim, int(dim * mlp_ratio), act_layer=act_layer, drop=drop)
        self.ls2, self.drop_path2 = scale(), path()

    def forward(self, x):
        x = x + self.drop_path1(self.ls1(self.attn(self.norm1(x))))
        return x + self.drop_path2(self.ls2(self.mlp(self.norm2(x))))


class LayerNorm2d(nn.LayerNorm):
    def __init__(self, num_channels, eps=1e-6, affine=True):
        super().__init__(num_channels, eps=eps, elementwise_affine=affine)

    def forward(self, x):
        return super().forward(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


class SqueezeExcite(nn.Module):
    def __init__(self, channels, rd_ratio=1 / 16, rd_channels=None, rd_divisor=8, act_layer=nn.ReLU):
        super().__init__()
        rd_channels = rd_channels or make_divisible(channels * rd_ratio, rd_divisor, round_limit=0.0)
        self.fc1 = nn.Conv2d(channels, rd_channels, 1)
        self.act = act_layer(inplace=True)
        self.fc2 = nn.Conv2d(rd_channels, channels, 1)

    def forward(self, x):
        return x * self.fc2(self.act(self.fc1(x.mean((2, 3), keepdim=True)))).sigmoid()


SEModule = SqueezeExcite


class VisionTransformer(nn.Module):
    def __init__(
        self,
        img_size=224,
        patch_size=16,
        in_chans=3,
        num_classes=1000,
        global_pool="token",
        embed_dim=768,
        depth=12,
        num_heads=12,
        mlp_ratio=4.0,
        qkv_bias=True,
        drop_rate=0.0,
        attn_drop_rate=0.0,
        drop_path_rate=0.0,
        norm_layer=None,
        **kwargs,
    ):
        super().__init__()
        norm_layer = norm_layer or functools.partial(nn.LayerNorm, eps=1e-6)
        self.num_classes, self.global_pool, self.num_tokens, self.num_prefix_tokens = num_classes, global_pool, 1, 1
        self.num_features = self.embed_dim = embed_dim
        self.patch_embed = PatchEmbed(img_size, patch_size, in_chans, embed_dim)
        self.cls_token = nn.Parameter(torch.zeros(1, 1, embed_dim))
        self.pos_embed = nn.Parameter(torch.randn(1, self.patch_embed.num_patches + 1, embed_dim) * 0.02)
        self.pos_drop = nn.Dropout(drop_rate)
        rates = [drop_path_rate * index / max(1, depth - 1) for index in range(depth)]
        block = functools.partial(Block, embed_dim, num_heads, mlp_ratio, qkv_bias, drop=drop_rate, attn_drop=attn_drop_rate)
        self.blocks = nn.Sequential(*[block(drop_path=rate, norm_layer=norm_layer) for rate in rates])
        self.norm = norm_layer(embed_dim)
        self.head = nn.Linear(embed_dim, num_classes) if num_classes > 0 else nn.Identity()

    def _init_weights(self, module):
        pass

    def forward_features(self, x):
        x = self.patch_embed(x)
        x = torch.cat((self.cls_token.expand(x.shape[0], -1, -1), x), 1)
        return self.norm(self.blocks(self.pos_drop(x + self.pos_embed)))

    def forward(self, x):
        return self.head(self.forward_features(x)[:, 0])


def register_model(function):
    return function


def named_apply(fn, module, name="", depth_first=True, include_root=False):
    if not depth_first and include_root:
        fn(module=module, name=name)
    for child_name, child in module.named_children():
        named_apply(fn, child, f"{name}.{child_name}" if name else child_name, depth_first, True)
    if depth_first and include_root:
        fn(module=module, name=name)
    return module


def checkpoint_seq(functions, x, every=1, flatten=False, skip_last=False, preserve_rng_state=True):
    for function in functions:
        x = function(x)
    return x


def build_model_with_cfg(model_cls, variant, pretrained, pretrained_cfg=None, default_cfg=None, **kwargs):
    for name in ("feature_cfg", "pretrained_filter_fn", "pretrained_strict", "pretrained_custom_load", "kwargs_filter", "model_cfg"):
        kwargs.pop(name, None)
    return model_cls(**kwargs)


def _nothing(*args, **kwargs):
    return None


def _false(*args, **kwargs):
    return False


def _cfg(url="", **kwargs):
    return {"url": url, "num_classes": 1000, "input_size": (3, 224, 224), **kwargs}


IMAGENET_DEFAULT_MEAN, IMAGENET_DEFAULT_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
IMAGENET_INCEPTION_MEAN = IMAGENET_INCEPTION_STD = (0.5, 0.5, 0.5)
IMAGENET_DPN_MEAN, IMAGENET_DPN_STD = (124 / 255, 117 / 255, 104 / 255), (1 / (0.0167 * 255),) * 3
OPENAI_CLIP_MEAN, OPENAI_CLIP_STD = (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)
load_pretrained = overlay_external_default_cfg = register_notrace_function = register_notrace_module = _nothing
is_scriptable = is_exportable = is_no_jit = use_fused_attn = _false

# Every name can be had from every module: where it stands has changed from release to release.
for _layer in [value for value in globals().values() if isinstance(value, type)]:
    # Built in, as far as the module tree is concerned.
    _layer.__module__ = "torch.timm"
_names = {name: value for name, value in globals().items() if not name.startswith("__")}


def _missing(module, name):
    if name.startswith("__"):
        raise AttributeError(name)
    return Unknown(f"{module}.{name}")


def _package(name):
    module = types.ModuleType(name)
    module.__path__ = []
    module.__dict__.update(_names)
    module.__getattr__ = functools.partial(_missing, name)
    module.__all__ = [each for each in _names if not each.startswith("_")]
    sys.modules[name] = module
    parent, _, last = name.rpartition(".")
    setattr(sys.modules[parent], last, module)


for _name in "data data.constants layers models models.layers models.registry models.helpers models._builder models._manipulate models._registry models.features models.vision_transformer utils".split():
    _package(f"timm.{_name}")
for _name in "drop helpers weight_init mlp patch_embed norm squeeze_excite trace_utils config".split():
    _package(f"timm.layers.{_name}")
    _package(f"timm.models.layers.{_name}")

__path__ = []
__version__ = "0.9.0"
__getattr__ = functools.partial(_missing, "timm")
