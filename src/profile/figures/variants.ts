/** What the lines of a plot stand for: networks and their ablations, of one report or of several. */

import type { ProfileReport, ProfileRun } from '../types.ts';

/** A report, and what it is called where several are shown. */
export interface NamedReport {
  readonly name: string;
  readonly report: ProfileReport;
}

/** The part of a report that is one line: the network, or one of its ablations. */
export interface Variant {
  readonly label: string;
  readonly shortLabel: string;
  readonly colour: number;
  readonly dash: number;
  readonly run: ProfileRun;
  readonly report: ProfileReport;
  /** Of the network itself. */
  readonly isNetwork: boolean;
}

/** What an ablation is called, from how the command line spells it. */
export function ablationName(kind: string): string {
  const [what = '', where] = kind.split('@');
  const [name = '', value = ''] = what.split(':');
  const names: Record<string, string> = {
    plain: 'plain twin',
    identity: 'identity only',
    scaled: `skips × ${value}`,
    'scale-matched': 'scale-matched',
    lesion: `without ${value}`,
  };
  const said = names[name] ?? kind;
  return where === undefined ? said : `${said} of ${where}`;
}

/** The lines of one report differ in colour; of several, the runs differ in colour and their ablations in dash. */
export function variantsOf(shown: readonly NamedReport[]): readonly Variant[] {
  const several = shown.length > 1;
  const kinds = [...new Set(shown.flatMap(({ report }) => report.ablations.map(({ kind }) => kind)))];
  return shown.flatMap(({ name, report }, at) => {
    const variant = (label: string, dash: number, run: ProfileRun): Variant => ({
      label: several ? [name, label].filter((part) => part).join(', ') : label || 'with skips',
      shortLabel: label || (several ? name : 'with skips'),
      colour: several ? at : dash,
      dash,
      run,
      report,
      isNetwork: dash === 0,
    });
    return [
      variant('', 0, report),
      ...report.ablations.map((run) => variant(ablationName(run.kind), 1 + kinds.indexOf(run.kind), run)),
    ];
  });
}
