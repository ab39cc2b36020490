/** Asks for the arguments of a model that cannot be built without any, and remembers the answer. */

import * as vscode from 'vscode';
import type { ModelCandidate } from '../../frontends/types.ts';
import type { Services } from '../services.ts';

const nameOf = ({ expression }: ModelCandidate): string => expression.slice(0, expression.indexOf('('));

/**
 * Resolves with the expression to trace, or undefined when the user gave up. What was answered last, in this workspace,
 * for a class of that name in that file stands there already.
 */
export const askForArguments = async (
  { memory }: Services,
  uri: vscode.Uri,
  candidate: ModelCandidate,
): Promise<string | undefined> => {
  const name = nameOf(candidate);
  const key = `arguments:${uri.toString()}#${name}`;
  const value = memory.get(key, candidate.expression);
  const answer = await vscode.window.showInputBox({
    title: `Skipscope: ${name} needs arguments`,
    prompt: 'A Python expression in the namespace of the file.',
    value,
    valueSelection: [value.indexOf('(') + 1, value.length - 1],
    ignoreFocusOut: true,
    validateInput: (text) => (text.trim() === '' ? 'Nothing to build.' : null),
  });
  if (answer !== undefined) await memory.update(key, answer);
  return answer;
};
