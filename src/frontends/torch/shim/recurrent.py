"""Recurrent layers of torch.nn, and sequences of unequal length."""

import math

from torch._contents import is_known
from torch._formats import int64
from torch._functions import functions as _t
from torch._tensor import Tensor, call, several
from torch.nn import functional as F
from torch.nn import init
from torch.nn.modules._arguments import _empty
from torch.nn.modules.module import Module


class PackedSequence:
    """Sequences of different lengths, as they were padded, batch first: what the padding costs counts."""

    def __init__(self, padded, lengths):
        self.padded, self.lengths = padded, lengths

    @property
    def data(self):
        return self.padded.flatten(0, 1)

    @property
    def batch_sizes(self):
        rows, steps = self.padded.shape[:2]
        return _t["full"]((steps,), rows, dtype=int64)

    def __iter__(self):
        """The four fields that torch's tuple has: the rows stand in the order they came in."""
        return iter((self.data, self.batch_sizes, None, None))

    def __getitem__(self, at):
        return tuple(self)[at]


def pack_padded_sequence(input, lengths, batch_first=False, enforce_sorted=True):
    padded = input if batch_first else input.transpose(0, 1)
    lengths = lengths if isinstance(lengths, Tensor) else _t["tensor"](lengths)
    return PackedSequence(padded[:, : int(lengths.max())] if is_known(lengths) else padded, lengths)


def pad_packed_sequence(sequence, batch_first=False, padding_value=0.0, total_length=None):
    out = sequence.padded
    if total_length is not None and total_length > out.shape[1]:
        out = F.pad(out, (0, 0, 0, total_length - out.shape[1]), value=padding_value)
    return (out if batch_first else out.transpose(0, 1)), sequence.lengths


def pad_sequence(sequences, batch_first=False, padding_value=0.0):
    longest = max(one.shape[0] for one in sequences)
    rows = [F.pad(one, (0, 0) * (one.ndim - 1) + (0, longest - one.shape[0]), value=padding_value) for one in sequences]
    return _t["stack"](rows, 0 if batch_first else 1)


class RNNBase(Module):
    mode = "RNN_TANH"
    gates = 1

    def __init__(
        self,
        input_size,
        hidden_size,
        num_layers=1,
        bias=True,
        batch_first=False,
        dropout=0.0,
        bidirectional=False,
        proj_size=0,
        nonlinearity="tanh",
        device=None,
        dtype=None,
    ):
        super().__init__()
        self.input_size, self.hidden_size, self.num_layers = input_size, hidden_size, num_layers
        self.bias, self.batch_first, self.dropout, self.bidirectional = bias, batch_first, float(dropout), bidirectional
        self.nonlinearity = nonlinearity
        self.proj_size = proj_size
        output = proj_size or hidden_size
        directions = 2 if bidirectional else 1
        for layer in range(num_layers):
            for direction in range(directions):
                width = input_size if layer == 0 else output * directions
                suffix = f"_l{layer}" + ("_reverse" if direction else "")
                setattr(self, f"weight_ih{suffix}", _empty(self.gates * hidden_size, width))
                setattr(self, f"weight_hh{suffix}", _empty(self.gates * hidden_size, output))
                if bias:
                    setattr(self, f"bias_ih{suffix}", _empty(self.gates * hidden_size))
                    setattr(self, f"bias_hh{suffix}", _empty(self.gates * hidden_size))
                if proj_size:
                    setattr(self, f"weight_hr{suffix}", _empty(proj_size, hidden_size))
        self.reset_parameters()

    def reset_parameters(self):
        bound = 1.0 / math.sqrt(self.hidden_size) if self.hidden_size != 0 else 0
        for weight in self.parameters():
            init.uniform_(weight, -bound, bound)

    def flatten_parameters(self):
        pass

    @property
    def all_weights(self):
        weights = list(self.parameters())
        per = len(weights) // (self.num_layers * (2 if self.bidirectional else 1))
        return [weights[at : at + per] for at in range(0, len(weights), per)]

    def forward(self, input, hx=None):
        if isinstance(input, PackedSequence):
            padded = input.padded if self.batch_first else input.padded.transpose(0, 1)
            out, last = self._run(padded, hx, input.lengths)
            return PackedSequence(out if self.batch_first else out.transpose(0, 1), input.lengths), last
        return self._run(input, hx, None)

    def _run(self, input, hx, lengths):
        has_cell = self.mode == "LSTM"
        batched = input.ndim == 3
        x = input if batched else input.unsqueeze(0 if self.batch_first else 1)
        states = [] if hx is None else list(hx) if has_cell else [hx]
        states = states if batched else [one.unsqueeze(1) for one in states]
        mode = "RNN_RELU" if self.nonlinearity == "relu" and self.mode == "RNN_TANH" else self.mode
        flags = [self.bias, self.batch_first, self.bidirectional]
        answer = call(
            "rnn",
            [
                *[x, states, list(self.parameters()), mode],
                [self.hidden_size, self.num_layers, *[int(bool(flag)) for flag in flags], self.proj_size],
                self.dropout if self.training else 0,
                lengths,
            ],
            f"torch.nn.{type(self).__name__}",
        )
        out, *last = several(answer, 3 if has_cell else 2)
        if not batched:
            out, last = out.squeeze(0 if self.batch_first else 1), [one.squeeze(1) for one in last]
        return out, tuple(last) if has_cell else last[0]


class RNN(RNNBase):
    pass


class LSTM(RNNBase):
    mode = "LSTM"
    gates = 4


class GRU(RNNBase):
    mode = "GRU"
    gates = 3


class RNNCellBase(Module):
    gates = 1

    def __init__(self, input_size, hidden_size, bias=True, nonlinearity="tanh", device=None, dtype=None):
        super().__init__()
        self.input_size, self.hidden_size, self.bias, self.nonlinearity = input_size, hidden_size, bias, nonlinearity
        self.weight_ih = _empty(self.gates * hidden_size, input_size)
        self.weight_hh = _empty(self.gates * hidden_size, hidden_size)
        self.register_parameter("bias_ih", _empty(self.gates * hidden_size) if bias else None)
        self.register_parameter("bias_hh", _empty(self.gates * hidden_size) if bias else None)
        bound = 1.0 / math.sqrt(hidden_size)
        for weight in self.parameters():
            init.uniform_(weight, -bound, bound)

    def _weights(self):
        return self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh

    def _zero(self, input):
        return _t["zeros"](*input.shape[:-1], self.hidden_size)


def _rnn_cell(activation):
    def step(input, hx, w_ih, w_hh, b_ih=None, b_hh=None):
        return _t[activation](F.linear(input, w_ih, b_ih) + F.linear(hx, w_hh, b_hh))

    return step


rnn_tanh_cell, rnn_relu_cell = _rnn_cell("tanh"), _rnn_cell("relu")


def lstm_cell(input, hx, w_ih, w_hh, b_ih=None, b_hh=None):
    h, c = hx
    total = F.linear(input, w_ih, b_ih) + F.linear(h, w_hh, b_hh)
    i, f, g, o = total.chunk(4, -1)
    c = f.sigmoid() * c + i.sigmoid() * g.tanh()
    return o.sigmoid() * c.tanh(), c


def gru_cell(input, hx, w_ih, w_hh, b_ih=None, b_hh=None):
    ir, iz, i = F.linear(input, w_ih, b_ih).chunk(3, -1)
    hr, hz, n = F.linear(hx, w_hh, b_hh).chunk(3, -1)
    r, z = (ir + hr).sigmoid(), (iz + hz).sigmoid()
    n = (i + r * n).tanh()
    return n + z * (hx - n)


class RNNCell(RNNCellBase):
    def forward(self, input, hx=None):
        step = rnn_tanh_cell if self.nonlinearity == "tanh" else rnn_relu_cell
        return step(input, self._zero(input) if hx is None else hx, *self._weights())


class LSTMCell(RNNCellBase):
    gates = 4

    def forward(self, input, hx=None):
        return lstm_cell(input, (self._zero(input), self._zero(input)) if hx is None else hx, *self._weights())


class GRUCell(RNNCellBase):
    gates = 3

    def forward(self, input, hx=None):
        return gru_cell(input, self._zero(input) if hx is None else hx, *self._weights())
