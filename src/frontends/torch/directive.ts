/** The comment `# skipscope: model=EXPR input=SPEC …` in a model file. */

import type { Location } from '../../ir/diagnostic.ts';
import { parseInputSpec } from '../inputSpec.ts';
import type { InputSpec } from '../types.ts';

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
