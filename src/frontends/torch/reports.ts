/** What an attempt has to tell beside its graph. */

import type { Diagnostic, Location, Severity } from '../../ir/diagnostic.ts';
import type { ValueId } from '../../ir/graph.ts';
import type { Doubts } from './doubts.ts';
import type { Unsupported } from './lower/lower.ts';
import type { Place, SourceText } from './sourceText.ts';

export interface Report {
  /** It tells of values that nobody knows while a model is traced. */
  readonly isOfContents: boolean;
  readonly code: string;
  readonly message: string;
  readonly severity: Severity;
  readonly frames: readonly number[];
}

/** Reports of equal keys are one: values that nobody knows may be met at another place first where the file itself runs a model. */
const keyOf = ({ isOfContents, code, message }: Report): string => (isOfContents ? code : `${code} ${message}`);

export class Reports {
  private readonly list: Report[] = [];

  constructor(private readonly doubts: Doubts) {}

  get all(): readonly Report[] {
    return [...this.list];
  }

  /** `cause`: the value whose contents nobody knows, of which only the first report is news; null for everything else. */
  add(report: Omit<Report, 'isOfContents'>, cause: ValueId | null): void {
    if (cause === null || this.doubts.isNews(cause)) this.list.push({ isOfContents: cause !== null, ...report });
  }

  /** That a call is not known for these arguments, unless the reason is one that has been told. */
  addUnsupported(origin: string, { message, source }: Unsupported, frames: readonly number[]): void {
    if (!message) return;
    const why = message.trim() ? `: ${message}` : ' for these arguments';
    const text = `Skipscope does not know ${origin}${why}.`;
    this.add({ code: 'unknown-operation', message: text, severity: 'warning', frames }, source);
  }

  /** Those that were told before come first, where they are not told again. */
  leadWith(before: readonly Report[]): void {
    const told = new Set(this.list.map(keyOf));
    this.list.unshift(...before.filter((one) => !told.has(keyOf(one))));
  }

  diagnostics(source: SourceText, places: readonly Place[], fallback: Location): Diagnostic[] {
    return this.list.map(({ code, message, severity, frames }) => {
      const at = source.ownPlace(frames, places) ?? fallback;
      return { ...at, severity, code, message, related: [] };
    });
  }
}
