/** The text of the traced files: what stands where, and places in it as an editor counts them. */

import type { Location, Range } from '../../ir/diagnostic.ts';
import { ownPlace } from '../../ir/diagnostic.ts';
import { isInstalled } from './modules.ts';

/** `[file, line, column, end line, end column]`, lines from 1, columns in UTF-8 bytes. */
export type Place = readonly [string, number, number, number, number];

export class SourceText {
  private readonly sources: ReadonlyMap<string, string>;
  private readonly tracesInstalled: boolean;
  /** Only of files that a place was asked for: a trace may bring a hundred along. */
  private readonly lines = new Map<string, readonly string[]>();

  /** `sources`: text by file, the traced one first. */
  constructor(sources: ReadonlyMap<string, string>) {
    this.sources = sources;
    const [traced = ''] = sources.keys();
    this.tracesInstalled = isInstalled(traced);
  }

  private linesOf(file: string): readonly string[] {
    const lines = this.lines.get(file) ?? this.sources.get(file)?.split(/\r\n|\r|\n/) ?? [];
    this.lines.set(file, lines);
    return lines;
  }

  /** The location of a place; columns are turned from bytes into UTF-16 code units. */
  locate([file, line, column, endLine, endColumn]: Place): Location {
    const lines = this.linesOf(file);
    const position = (row: number, bytes: number): Range['start'] => ({
      line: row - 1,
      character: utf16Column(lines[row - 1] ?? '', bytes),
    });
    const range = { start: position(line, column), end: position(endLine, endColumn) };
    return this.isExternal(file) ? { file, range, external: true } : { file, range };
  }

  private isExternal(file: string): boolean {
    return !this.tracesInstalled && isInstalled(file);
  }

  /** Where to speak of what happened in these frames; null where none is in a known file. */
  ownPlace(frames: readonly number[], places: readonly Place[]): Location | null {
    return ownPlace(frames.flatMap((frame) => (places[frame] ? [this.locate(places[frame])] : [])));
  }

  /** As {@link locate}, for columns that count characters (code points), as a SyntaxError's do. */
  locateCharacters([file, line, column, endLine, endColumn]: Place): Location {
    const lines = this.linesOf(file);
    const position = (row: number, count: number): Range['start'] => ({
      line: Math.max(0, row - 1),
      character: [...(lines[row - 1] ?? '')].slice(0, Math.max(0, count)).join('').length,
    });
    return { file, range: { start: position(line, column), end: position(endLine, endColumn) } };
  }

  /** The first occurrence of a name as a word, from a line on. */
  locateName(file: string, line: number, name: string): Location {
    const lines = this.linesOf(file);
    for (let row = line - 1; row < lines.length; row++) {
      const found = new RegExp(`^\\s*(?:async\\s+def|def|class)\\s+(${name})\\b`).exec(lines[row]!);
      if (found) {
        const start = found[0].length - name.length;
        return {
          file,
          range: { start: { line: row, character: start }, end: { line: row, character: start + name.length } },
        };
      }
    }
    return { file, range: { start: { line: line - 1, character: 0 }, end: { line: line - 1, character: 0 } } };
  }

  /** Whether the place is what an `assert`, or one of torch's functions that do the same, takes to hold. */
  isAssert([file, line]: Place): boolean {
    const [above = '', own = ''] = [line - 2, line - 1].map((at) => this.linesOf(file)[at] ?? '');
    return /^\s*(assert\b|(torch\.)?_(assert|check)\()/.test(own) || /\b_(assert|check)\(\s*$/.test(above);
  }

  /**
   * Whether the place is the condition of an `if` that does nothing but raise an error, warn or write to a log, for which it may
   * get itself names that are not used behind it.
   */
  isComplaint([file, line]: Place): boolean {
    const lines = this.linesOf(file).slice(line - 1, line + LONGEST_COMPLAINT);
    const [head = ''] = lines;
    const end = lines.findIndex((text) => /:\s*(#.*)?$/.test(text));
    if (!/^\s*(el)?if\b/.test(head) || end < 0) return false;
    const body: string[] = [];
    let depth = 0;
    let behind = line - 1 + end + 1;
    for (const text of lines.slice(end + 1)) {
      const code = text.replace(/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'/g, '""').replace(/#.*/, '');
      if (code.trim() === '') {
        behind += 1;
        continue;
      }
      if (depth === 0 && indentOf(text) <= indentOf(head)) break;
      behind += 1;
      if (depth === 0) body.push(code.trim());
      depth += (code.match(/[([{]/g)?.length ?? 0) - (code.match(/[)\]}]/g)?.length ?? 0);
    }
    const isOwn = (one: string): boolean => {
      const name = /^(\w+)\s*=[^=]/.exec(one)?.[1];
      return name !== undefined && !this.isUsed(file, behind, indentOf(head), name);
    };
    const isWording = (one: string): boolean => COMPLAINT.test(one) || WORDING.test(one) || isOwn(one);
    return body.some((one) => COMPLAINT.test(one)) && body.every(isWording);
  }

  /** Whether a name stands in what is left of a function from a line on, where statements are indented so far. */
  private isUsed(file: string, from: number, indent: number, name: string): boolean {
    for (const text of this.linesOf(file).slice(from)) {
      if (text.trim() !== '' && indentOf(text) < indent && /^\s*(def|class|async|@)\b/.test(text)) return false;
      if (new RegExp(`\\b${name}\\b`).test(text)) return true;
    }
    return false;
  }
}

/** No more lines than these are looked at to find out what an `if` does. */
const LONGEST_COMPLAINT = 40;
const COMPLAINT = /^(raise\b|([\w.]+\.)?(warn\w*|info|debug|error|critical)\()/;
/** What only puts the words of a complaint together. */
const WORDING = /^(if\b.*:|elif\b.*:|if\b.*[([{]|else:|\w*(warn|msg|message|text|string)\w*\s*\+?=)/;

const indentOf = (text: string): number => text.length - text.trimStart().length;

const encoder = new TextEncoder();

const utf16Column = (line: string, bytes: number): number => {
  // eslint-disable-next-line no-control-regex -- the whole of ASCII is meant
  if (/^[\x00-\x7f]*$/.test(line)) return Math.min(bytes, line.length);
  let rest = bytes;
  let column = 0;
  for (const character of line) {
    if (rest <= 0) break;
    rest -= encoder.encode(character).length;
    column += character.length;
  }
  return column;
};
