/** Other calls to try where the arguments of a model were guessed and it does not run with them. */

const TOLD = /\bThe input has (\d+) (?:features|channels), the weight expects (\d+)\b/;

/**
 * The call that makes a model, with the width that a layer was given in place of the one that it expected; null where no
 * argument of the call has that width, or several have it.
 */
export const fitArgument = (call: string, message: string): string | null => {
  const [, given, expected] = TOLD.exec(message) ?? [];
  if (given === undefined || expected === undefined) return null;
  const parts = call.split(new RegExp(`(?<==)${expected}(?=[,)])`));
  return parts.length === 2 ? parts.join(given) : null;
};

/** The calls among the arguments that make a part which the model is handed, such as the network that it wraps. */
export const handedParts = (call: string): readonly string[] =>
  [...call.matchAll(/(?<=[(\s]\w+=)[A-Z]\w*\([^()]*\)/g)].map(([part]) => part);
