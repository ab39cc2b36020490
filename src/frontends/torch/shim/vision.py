"""The operators that torchvision brings along compiled, said in torch's own."""

import torch
import torch.nn.functional as F
from torch._functions import opaque


def _sample(input, x, y, padding):
    """Bilinear samples of pictures at places [N, rows, columns], counted in pixels."""
    height, width = input.shape[-2:]
    grid = torch.stack((x * (2 / max(width - 1, 1)) - 1, y * (2 / max(height - 1, 1)) - 1), -1)
    return F.grid_sample(input, grid, padding_mode=padding, align_corners=True)


def deform_conv2d(
    input, weight, offset, mask, bias, stride_h, stride_w, pad_h, pad_w, dil_h, dil_w, groups, offset_groups, use_mask
):
    batch, channels, height, width = input.shape
    out, _, kernel_h, kernel_w = weight.shape
    places, (rows, columns) = kernel_h * kernel_w, offset.shape[-2:]
    shifts = offset.reshape(batch * offset_groups, places, 2, rows, columns)

    def base(kernel, dilation, count, stride, pad):
        return (torch.arange(kernel) * dilation - pad)[:, None] + torch.arange(count) * stride

    y = base(kernel_h, dil_h, rows, stride_h, pad_h).view(kernel_h, 1, rows, 1).expand(-1, kernel_w, -1, columns)
    x = base(kernel_w, dil_w, columns, stride_w, pad_w).view(1, kernel_w, 1, columns).expand(kernel_h, -1, rows, -1)
    y = shifts[:, :, 0] + y.reshape(places, rows, columns)
    x = shifts[:, :, 1] + x.reshape(places, rows, columns)
    pictures = input.reshape(batch * offset_groups, channels // offset_groups, height, width)
    found = _sample(pictures, x.flatten(1, 2), y.flatten(1, 2), "zeros")
    found = found.reshape(batch, offset_groups, channels // offset_groups, places, rows, columns)
    if use_mask:
        found = found * mask.reshape(batch, offset_groups, 1, places, rows, columns)
    found = found.reshape(batch, groups, channels // groups * places, rows * columns)
    result = (weight.reshape(groups, out // groups, -1) @ found).reshape(batch, out, rows, columns)
    return result if bias is None else result + bias.view(1, out, 1, 1)


def roi_align(input, rois, spatial_scale, pooled_height, pooled_width, sampling_ratio, aligned=False):
    # Without a ratio torchvision takes as many samples as a box needs; two do for the shape.
    ratio = sampling_ratio if sampling_ratio > 0 else 2
    left, top, right, bottom = (rois[:, index] * spatial_scale - (0.5 if aligned else 0.0) for index in range(1, 5))
    width, height = right - left, bottom - top
    if not aligned:
        width, height = width.clamp(min=1.0), height.clamp(min=1.0)

    def along(start, length, count):
        steps = (torch.arange(count * ratio) + 0.5) / (count * ratio)
        return start[:, None] + length[:, None] * steps

    shape = (-1, pooled_height * ratio, pooled_width * ratio)
    y = along(top, height, pooled_height)[:, :, None].expand(*shape)
    x = along(left, width, pooled_width)[:, None, :].expand(*shape)
    return F.avg_pool2d(_sample(input[rois[:, 0].long()], x, y, "border"), ratio)


def nms(dets, scores, iou_threshold):
    return opaque("torchvision.ops.nms", [dets, scores], [None], torch.int64)


def _pooled(name, channels):
    def pool(input, rois, spatial_scale, pooled_height, pooled_width, *args):
        shape = [rois.shape[0], channels(input.shape[1], pooled_height * pooled_width), pooled_height, pooled_width]
        return tuple([opaque(f"torchvision.ops.{name}", [input, rois], shape, dtype) for dtype in (input.dtype, torch.int32)])

    return pool


operators = {
    "deform_conv2d": deform_conv2d,
    "roi_align": roi_align,
    "roi_pool": _pooled("roi_pool", lambda channels, places: channels),
    "ps_roi_align": _pooled("ps_roi_align", lambda channels, places: channels // places),
    "ps_roi_pool": _pooled("ps_roi_pool", lambda channels, places: channels // places),
    "nms": nms,
    "_cuda_version": lambda: -1,
}
