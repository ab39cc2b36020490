/** The comment `# skipscope: model=EXPR input=SPEC …` in a model file. */

import type { Location } from '../../ir/diagnostic.ts';
import type { DType } from '../../ir/type.ts';
import type { InputSpec } from '../types.ts';

const DTYPES: readonly string[] = [
  'float32',
  'float64',
  'float16',
  'bfloat16',
  'int64',
  'int32',
  'int16',
  'int8',
  'uint8',
  'bool',
] satisfies DType[];

/** `2x3x32x32` (float32) or `int64:1x128:50257` (integers below the bound); null when it is neither. */
export function parseInputSpec(text: string): InputSpec | null {
  const match = /^(?:([a-z0-9]+):)?(\d+(?:x\d+)*)(?::(\d+))?$/.exec(text.trim());
  if (!match) return null;
  const dtype = match[1] ?? 'float32';
  if (!DTYPES.includes(dtype)) return null;
  const shape = match[2]!.split('x').map(Number);
  return { dtype: dtype as DType, shape, ...(match[3] !== undefined && { bound: Number(match[3]) }) };
}

export interface Directive {
  readonly model: string | null;
  readonly inputs: readonly InputSpec[];
  readonly location: Location;
  /** Parts that could not be read. */
  readonly faults: readonly string[];
}

/** Every directive of a file, in order. */
export function parseDirectives(file: string, source: string): readonly Directive[] {
  const directives: Directive[] = [];
  source.split(/\r\n|\r|\n/).forEach((line, row) => {
    const match = /#\s*skipscope:\s*(.*)$/.exec(line);
    if (!match) return;
    const parts = match[1]!.trim().split(/\s+(?=(?:model|input)=)/);
    let model: string | null = null;
    const inputs: InputSpec[] = [];
    const faults: string[] = [];
    for (const part of parts) {
      if (part.startsWith('model=')) model = part.slice('model='.length).trim();
      else if (part.startsWith('input=')) {
        for (const text of part.slice('input='.length).split(/\s+/)) {
          const spec = parseInputSpec(text);
          if (spec) inputs.push(spec);
          else faults.push(text);
        }
      } else faults.push(part);
    }
    const range = { start: { line: row, character: match.index }, end: { line: row, character: line.length } };
    directives.push({ model, inputs, location: { file, range }, faults });
  });
  return directives;
}
