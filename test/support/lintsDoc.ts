/** Renders docs/lints.md from the table of lints. */

import { LINTS } from '../../src/analysis/lints/index.ts';

const HEAD = `# Lints

What Skipscope says of designs that run but hurt, with the evidence for it. Errors and warnings are shown unless
\`skipscope.lints\` (or \`skipscope check --lints\`) says otherwise; \`all\` shows the rest. This page is generated:
\`node scripts/lintsDoc.mjs\`.

| Code | Severity | What is marked | Evidence |
| --- | --- | --- | --- |
`;

const TAIL = `
A profile adds what needs figures: \`dead-channels\` (more than 10 % of a rectifier's channels are zero on the whole batch),
\`mean-shift\` (average channel squared mean above the variance), \`small-batch-statistics\` (fewer than 64 numbers behind a
statistic of batch norm), \`long-paths\` (mean path length above a third of the branches), and \`gradient-explodes\`,
\`gradient-vanishes\`, \`gradient-blocked\`, \`gradient-shatters\` where the verdict is one of these. The first four thresholds
are rules of thumb, and their messages say so.
`;

const cell = (text: string): string => text.replaceAll('|', '\\|');

export function renderLints(): string {
  const rows = LINTS.map(
    ({ code, severity, rule, evidence }) => `| ${[`\`${code}\``, severity, rule, evidence].map(cell).join(' | ')} |`,
  );
  return `${HEAD}${rows.join('\n')}\n${TAIL}`;
}
