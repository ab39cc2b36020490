/** The look of the diagram as CSS over custom properties, shared by the panel and by exported pictures. */

/** Variables with the values of a light and a dark theme; the panel binds them to the editor's theme instead. */
export const PALETTES = {
  light: {
    ink: '#1f2328',
    dim: '#656d76',
    line: '#8c959f',
    box: '#ffffff',
    'box-line': '#c4cad1',
    stage: '#f6f8fa',
    'stage-line': '#d8dee4',
    canvas: '#ffffff',
    identity: '#0969da',
    projection: '#bc4c00',
    concat: '#8250df',
    gate: '#b3367f',
    long: '#116329',
    error: '#cf222e',
    select: '#0969da',
    conv: '#3b7dd8',
    linear: '#3b7dd8',
    norm: '#8c959f',
    activation: '#d4872c',
    pool: '#4d9a7b',
    combine: '#8250df',
    unknown: '#cf222e',
    added: '#1a7f37',
    removed: '#cf222e',
    changed: '#9a6700',
  },
  dark: {
    ink: '#e6edf3',
    dim: '#9198a1',
    line: '#768390',
    box: '#22272e',
    'box-line': '#444c56',
    stage: '#1c2128',
    'stage-line': '#373e47',
    canvas: '#1f1f1f',
    identity: '#58a6ff',
    projection: '#f0883e',
    concat: '#bc8cff',
    gate: '#f778ba',
    long: '#56d364',
    error: '#ff7b72',
    select: '#58a6ff',
    conv: '#58a6ff',
    linear: '#58a6ff',
    norm: '#9198a1',
    activation: '#e3b341',
    pool: '#57ab8a',
    combine: '#bc8cff',
    unknown: '#ff7b72',
    added: '#3fb950',
    removed: '#ff7b72',
    changed: '#d29922',
  },
} as const;

export type Palette = Readonly<Record<keyof typeof PALETTES.light, string>>;

/** What became of a node, in its colour; no property of its own, which most programs that read SVG do not know. */
const differences = Object.entries({ added: 'added', removed: 'removed', changed: 'changed', resized: 'line' })
  .map(([difference, colour]) => {
    const parts = ['box', 'pill', 'frame', 'tail'].map((part) => `.sk g.diff-${difference} > .${part}`);
    return `${parts.join(', ')} { stroke: var(--sk-${colour}); stroke-width: 1.8; }
.sk g.diff-${difference} > .sign { fill: var(--sk-${colour}); }`;
  })
  .join('\n');

export const DIAGRAM_CSS = `
.sk text { font-family: var(--sk-font, system-ui, sans-serif); font-size: 12px; fill: var(--sk-ink); }
.sk .box { fill: var(--sk-box); stroke: var(--sk-box-line); stroke-width: 1; }
.sk .frame { fill: var(--sk-stage); stroke: var(--sk-stage-line); stroke-width: 1; }
.sk .frame.branch, .sk .frame.module, .sk .frame.shortcut, .sk .frame.run { fill: var(--sk-canvas); }
.sk .frame.run { stroke: var(--sk-line); }
.sk .times { fill: var(--sk-ink); } .sk .times-text { fill: var(--sk-canvas); font-weight: 700; }
.sk .title { font-weight: 600; }
.sk .aside, .sk .line, .sk .skip-count { fill: var(--sk-dim); font-size: 11px; }
.sk .halo { paint-order: stroke; stroke: var(--sk-stage); stroke-width: 4px; stroke-linejoin: round; }
.sk .pill { fill: var(--sk-canvas); stroke: var(--sk-line); stroke-width: 1; }
.sk .plus { fill: var(--sk-canvas); stroke: var(--sk-identity); stroke-width: 2; }
.sk .plus-sign { stroke: var(--sk-identity); stroke-width: 2; fill: none; stroke-linecap: round; }
.sk .tail { fill: var(--sk-box); stroke: var(--sk-box-line); stroke-width: 1; }
.sk .tail-text { font-size: 11px; fill: var(--sk-dim); }
.sk .concat .plus, .sk .concat .plus-sign { stroke: var(--sk-concat); }
.sk .gate .plus, .sk .gate .plus-sign { stroke: var(--sk-gate); }
.sk .long .plus, .sk .long .plus-sign { stroke: var(--sk-long); }
.sk .problem .plus, .sk .problem .plus-sign { stroke: var(--sk-error); }
.sk .problem .plus { fill: var(--sk-error); } .sk .problem .plus-sign { stroke: var(--sk-canvas); }
.sk .op.problem .box, .sk .branch.problem .box { stroke: var(--sk-error); }
.sk .shortcut .box { stroke: var(--sk-projection); stroke-dasharray: 4 3; }
.sk .shortcut.identity .box { stroke: var(--sk-identity); }
.sk .shortcut text { font-size: 11px; }
.sk .chevron { fill: none; stroke: var(--sk-dim); stroke-width: 1.5; stroke-linecap: round; stroke-linejoin: round; }
.sk .mark { stroke: none; fill: var(--sk-line); }
.sk .mark.conv { fill: var(--sk-conv); } .sk .mark.linear { fill: var(--sk-linear); } .sk .mark.norm { fill: var(--sk-norm); }
.sk .mark.activation { fill: var(--sk-activation); } .sk .mark.pool { fill: var(--sk-pool); }
.sk .mark.combine { fill: var(--sk-combine); } .sk .mark.unknown { fill: var(--sk-unknown); }
.sk .dot { fill: var(--sk-identity); }
.sk .edge { fill: none; stroke: var(--sk-line); stroke-width: 1.4; }
.sk .edge.identity { stroke: var(--sk-identity); stroke-width: 2.2; }
.sk .edge.projection { stroke: var(--sk-projection); stroke-width: 2; stroke-dasharray: 6 4; }
.sk .edge.concat { stroke: var(--sk-concat); stroke-width: 2.2; stroke-dasharray: 10 3 2 3; }
.sk .edge.gate { stroke: var(--sk-gate); stroke-width: 2.4; stroke-dasharray: 0.1 5; stroke-linecap: round; }
.sk .edge.long { stroke: var(--sk-long); stroke-width: 3; }
.sk .edge.problem { stroke: var(--sk-error); stroke-width: 2.4; stroke-dasharray: none; }
.sk .head { fill: var(--sk-line); stroke: none; }
.sk .head.identity { fill: var(--sk-identity); } .sk .head.projection { fill: var(--sk-projection); }
.sk .head.concat { fill: var(--sk-concat); } .sk .head.gate { fill: var(--sk-gate); } .sk .head.long { fill: var(--sk-long); } .sk .head.problem { fill: var(--sk-error); }
.sk .shape { font-size: 10.5px; fill: var(--sk-dim); paint-order: stroke; stroke: var(--sk-canvas); stroke-width: 3px; stroke-linejoin: round; }
.sk .far-title { display: none; font-weight: 600; } .sk .op .far-title { font-weight: 400; }
.sk .detail { display: none; font-size: 6.5px; fill: var(--sk-dim); }
.sk .shape.instage { stroke: var(--sk-stage); }
.sk .shape.problem { fill: var(--sk-error); font-weight: 600; }
${differences}
.sk .diff-added > .box, .sk .diff-added > .pill { fill: color-mix(in srgb, var(--sk-added) 14%, var(--sk-box)); }
.sk .diff-changed > .box, .sk .diff-changed > .pill { fill: color-mix(in srgb, var(--sk-changed) 12%, var(--sk-box)); }
.sk .diff-resized > .box, .sk .diff-resized > .frame { stroke-dasharray: 1 3; stroke-linecap: round; }
.sk .diff-removed > .box, .sk .diff-removed > .pill, .sk .diff-removed > .plus { fill: none; stroke-dasharray: 5 4; stroke: var(--sk-removed); }
.sk .diff-removed > .plus-sign { stroke: var(--sk-removed); }
.sk .diff-removed > .mark { fill: none; }
.sk .diff-removed > text { fill: var(--sk-dim); }
.sk .edge.diff-removed { stroke: var(--sk-removed); stroke-width: 1.6; stroke-dasharray: 5 4; }
.sk .head.diff-removed { fill: var(--sk-removed); }
.sk .sign { stroke: var(--sk-canvas); stroke-width: 1.5; }
.sk g > .sign-text { fill: var(--sk-canvas); font-size: 13px; font-weight: 700; }
`;

/**
 * The same with every colour written out: most programs that read SVG (converters, typesetters, vector editors) know no
 * custom properties.
 */
export const resolvedCss = (palette: Palette): string =>
  DIAGRAM_CSS.replaceAll(/var\(--sk-font, ([^)]*)\)/g, '$1')
    .replaceAll(/var\(--sk-([a-z-]+)\)/g, (_, name: keyof Palette) => palette[name])
    .replaceAll(/color-mix\(in srgb, (#\w{6}) (\d+)%, (#\w{6})\)/g, (_, a: string, share: string, b: string) =>
      mix(a, b, Number(share) / 100),
    );

/** `share` of the colour `a`, the rest of `b`. */
function mix(a: string, b: string, share: number): string {
  const channel = (colour: string, at: number): number => parseInt(colour.slice(at, at + 2), 16);
  const mixed = [1, 3, 5].map((at) => Math.round(share * channel(a, at) + (1 - share) * channel(b, at)));
  return `#${mixed.map((value) => value.toString(16).padStart(2, '0')).join('')}`;
}
