"""What the arguments of a whole model usually are, by their names."""

import re

# What else a whole model asks for, and what it usually is. Widths are all the same, so that they fit each other and the heads.
USUAL = [
    (re.compile(pattern, re.IGNORECASE), text)
    for pattern, text in (
        (r"pad(ding)?_?(idx|index|id|token)?|(src|trg|tgt)_pad(_idx)?", "0"),
        (r"((src|trg|tgt)_)?(sos|bos)(_?(idx|id|token))?", "1"),
        (r"((src|trg|tgt)_)?eos(_?(idx|id|token))?", "2"),
        (r"(n|num|max)?_?(user|item|entity|entities)s?(_?(num|count|size))?", "1000"),
        (r"(n|num)_?(types?|segments?)|type_vocab_size", "2"),
        (r"(n|num)_?experts?", "8"),
        (r"T|((n|num|max)_?)?(diffusion_?|time_?)steps", "1000"),
        (r"(n|num)_?colou?rs", "3"),
        (r"(is_|use_)?pretrain(ed)?", "False"),
        (r"((n|num|max)_?)?frames", "16"),
        (r"nc|channels", "3"),
        (r"rgb_range", "255"),
        (r"res(idual)?_?scale", "1"),
        (r"top_?k|k", "2"),
        (r"dim_?heads?|head_?(dim|size)|d_?head|d_[kv]", "64"),
        (r"(n|num|enc|dec|encoder|decoder)?_?(attn|attention)?_?(n_?)?heads?|h|(num_attention|attn|attention)_heads|heads?_num", "8"),
        (r"(n|num|enc|dec|encoder|decoder)?_?(hidden)?_?(n_)?(layers?|blocks?)(_num)?|depth|num_(encoder|decoder)_layers|N", "6"),
        (r"nb|n_?(rcab|resblocks|res_?blocks|feats_blocks)|num_(res|rrdb|rcab|residual)_?blocks", "8"),
        (r"(n|num)_?(stacks?|cycles|groups?|res_?groups?|levels?|stages?|scales?|repeats?|flows?|steps|hops|iters?|blocks?_per_\w+|hidden_layers)|stack_size|n_(rg|mix|bins)", "3"),
        (r"layer_size|n_?(knots|basis)|grid_size", "5"),
        (r"(up)?scale(_factor)?|(\w+_)?(mult|multiplier)|factor|reduction|expansion|expand(_ratio)?|growth|ratio", "4"),
        (r"growth_rate|gc|k_nearest", "32"),
        (r"moving_avg|n_?neighbou?rs?|nneighbor", "25"),
        (r"activation|act", "'relu'"),
        (r"n_?embeddings?|codebook_size|num_codes|K", "512"),
        (r"(segment|chunk|hop)_?(len|length|size)|right_context_length|left_context_length", "16"),
        (r"depthwise_conv_kernel_size", "31"),
        (r"(mlp|ff|ffn|feed_?forward|filter|inner|intermediate)(_?(dim|size|hidden|hid|inner|width))?|dim_?feedforward|d_(ff|inner|hid)|hidden_ff|pf_dim|(enc|dec)_pf_dim", "2048"),
        (r"(res|residual|skip|dilation|end|mid|base|conv|cond|gate|stem|inner|init|start|num|bottleneck|model)_?(channels?|chans?|ch|planes|filters)|ch|chan", "64"),
        (r".*dropout.*|dp(_(ratio|rate|prob))?|.*p_?drop|drop(_?(prob|rate|p))?|.*_drop(_?(prob|rate|p))?|p", "0.1"),
        (r"(max|src|trg|tgt)_?(seq|sequence|src|trg|tgt)?_?(len|length|positions?)|max_seq(_len)?|block_size|context_?(len|length|size|window)|ctx_?len|n_ctx|max_position_embeddings|seq_?(len|length|size)|sequence_length|window_?size", "512"),
        (r"(label|pred|out|forecast)_?(len|length)|horizon|pred_?len", "96"),
        # The pictures of a line of text are this high; others may be.
        (r"img_?h", "32"),
        (r"(img|image|input_resolution|im)_?(size|height|width|h|w)|resolution", "224"),
        (r"patch_?(size|len)|stride_?len", "16"),
        (r"kernel_?size|ks", "3"),
        (r"stride|dilation|groups", "1"),
        (r"(n|num)_?mels|mel_?(dim|channels)|(n|num)_mel_channels", "80"),
        (r"enc_in|dec_in|c_in|c_out|(n|num)_?(vars|variates)", "7"),
        (r"(state|obs|observation)_?(dim|size|shape|space)|n_?(states?|observations|obs)", "8"),
        (r"((n|num)_?)?(action|act)s?_?(dim|size|space|num)?|action_n", "4"),
        (r"(z|latent|noise|code)_?(dim|size)|nz|n_?latent", "100"),
        (r"(n|num)_?feat(ure)?s?|in_?(dim|feats?|features|size)|dim_in|(input|feature|feat)_?(dim|size|features|shape)|(n|num)_?(inputs?|in)", "64"),
        (r"out_?(dim|feats?|features|size)|dim_out|d_out|(output|target)_?(dim|size|features)|(n|num)_?(outputs?|out)|tagset_size|tag_?size|num_tags", "10"),
        (r"ngf|ndf|nf|base_?(width|channels|filters)|(n|num)?_?(filters?|kernels?)(_?(num|size))?|kernel_num", "64"),
        (r"d_?model|dim_hid(den)?|(hidden|model|inner|input)?_?dims?|n_?emb(d|ed|edding)?|n_?inp|n_?h(id(den)?)?|width|size|features", "512"),
        (r"(word_?|token_?|char_?|enc_?|dec_?|encoder_?|decoder_?|src_?|tgt_?|trg_?|rnn_?|lstm_?)*(emb|embed|embedding|embeddings|hid|hidden|model|attn|attention|key|value|query|latents?)s?_?(dim|dims|size|units|width|features|channels|d)?", "512"),
        (r"bidirectional|batch_first|bias", "True"),
        (r"alpha|(negative_)?slope|leak(iness)?", "0.2"),
        (r"eps(ilon)?", "1e-5"),
        (r"momentum", "0.1"),
        (r"beta|gamma|temp(erature)?|tau|gain", "1.0"),
        (r"device", "'cpu'"),
        (r"modes?_?\d*", "12"),
        (r"(n|num)_?freqs?_?bands|(n|num)_?(frequency_)?bands", "6"),
        (r"max_?freq(uency)?", "10.0"),
        # Whatever else a name tells: of what kind the number is.
        (r"n_\w+_(head|heads)", "8"),
        (r"\w+_(layers?|blocks?|depth)|(n|num)_mlp", "6"),
        (r"n_\w+_(ctx|state|dim|width)|\w+_dims?|\w+_ctx|d_[a-z]\w+", "512"),
        (r"\w+_(channels?|chans?|planes|filters|feat|features)", "64"),
        (r"(n|num)_\w+", "4"),
        (r"\w+_(len|length|size)", "16"),
    )
]
WORDS = re.compile(
    r"((src|tgt|trg|source|target|input|output|enc|dec|encoder|decoder|n|num|total|en|de)_?)*"
    r"(voc|vocab|vocabulary|tokens?|words?)_?(size|len|length|num|count|n)?|(n|num)_?embed(dings)?|n?tokens?",
    re.IGNORECASE,
)
LISTS = [
    (re.compile(r".*(mult|mults|multipliers?|multiple|multiples)", re.IGNORECASE), "[1, 2, 2, 2]"),
    (re.compile(r"attn|attention|.*(attn|attention)_?(resolutions|levels|layers|res)", re.IGNORECASE), "[1]"),
    (re.compile(r".*(kernel|filter)_?(sizes?|lengths?|hs)", re.IGNORECASE), "[3, 4, 5]"),
    (re.compile(r".*(layers|blocks|depths?|repeats)", re.IGNORECASE), "[2, 2, 2, 2]"),
    (re.compile(r".*heads", re.IGNORECASE), "[2, 4, 8, 16]"),
    (re.compile(r".*field.*|.*vocab.*|.*cardinalit.*", re.IGNORECASE), "[100, 100, 100, 100]"),
    (re.compile(r".*(channels|hidden|units|dims?|sizes?|widths?|features|filters|layers|chans)s?", re.IGNORECASE), "[64, 64, 64, 64]"),
]
