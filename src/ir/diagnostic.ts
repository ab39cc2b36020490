/** Places in source text and the messages attached to them, as in the Language Server Protocol. */

/** Zero-based; `character` counts UTF-16 code units. */
export interface Position {
  readonly line: number;
  readonly character: number;
}

export interface Range {
  readonly start: Position;
  readonly end: Position;
}

/** A range in a file. `file` is whatever the caller named the file when it asked for a trace: never a made-up path. */
export interface Location {
  readonly file: string;
  readonly range: Range;
  /** In an installed package, while the user's own file is elsewhere: what is wrong is said of the caller. */
  readonly external?: true;
}

/** Where to speak of something that has this call stack, innermost first: the user's own innermost line. */
export const ownPlace = (frames: readonly Location[]): Location | null =>
  frames.find(({ external }) => !external) ?? frames[0] ?? null;

export type Severity = 'error' | 'warning' | 'info';

export interface RelatedInformation extends Location {
  readonly message: string;
}

/** What Skipscope says about a place. `code` is stable and kebab-case, for example `skip-shape-mismatch`. */
export interface Diagnostic extends Location {
  readonly severity: Severity;
  readonly code: string;
  readonly message: string;
  readonly related: readonly RelatedInformation[];
}

export const sameRange = (a: Range, b: Range): boolean =>
  a.start.line === b.start.line &&
  a.start.character === b.start.character &&
  a.end.line === b.end.line &&
  a.end.character === b.end.character;
