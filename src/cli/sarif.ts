/** Diagnostics as SARIF 2.1.0, which code-scanning services read. */

import { pathToFileURL } from 'node:url';
import { isAbsolute } from 'node:path';
import type { Diagnostic, Location } from '../ir/diagnostic.ts';

const LEVELS = { error: 'error', warning: 'warning', info: 'note' } as const;

export function toSarif(diagnostics: readonly Diagnostic[], version: string): object {
  const rules = [...new Set(diagnostics.map(({ code }) => code))].sort();
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: { driver: { name: 'Skipscope', version, rules: rules.map((id) => ({ id })) } },
        columnKind: 'utf16CodeUnits',
        results: diagnostics.map((diagnostic) => ({
          ruleId: diagnostic.code,
          ruleIndex: rules.indexOf(diagnostic.code),
          level: LEVELS[diagnostic.severity],
          message: { text: diagnostic.message },
          locations: [{ physicalLocation: physical(diagnostic) }],
          relatedLocations: diagnostic.related.map((place, id) => ({
            id,
            physicalLocation: physical(place),
            message: { text: place.message },
          })),
        })),
      },
    ],
  };
}

/** SARIF counts lines and columns from one; the end column is exclusive in both. */
const physical = ({ file, range: { start, end } }: Location): object => ({
  artifactLocation: { uri: isAbsolute(file) ? pathToFileURL(file).href : encodeURI(file) },
  region: {
    startLine: start.line + 1,
    startColumn: start.character + 1,
    endLine: end.line + 1,
    endColumn: end.character + 1,
  },
});
