/** Other calls to try where the arguments of a model were guessed and it does not run with them. */

const TOLD = /\bThe input has (\d+) (?:features|channels), the weight expects (\d+)\b/;
const APART = /\bdo not broadcast \(axis \d+: (\d+) and (\d+)\)/;

/**
 * The calls that make a model with one width in place of another: the one that a layer was given for the one that it expected,
 * and each of two that were added for the other. Only a width that one argument of the call has is changed.
 */
export const fitArguments = (call: string, message: string): readonly string[] => {
  const [, given, expected] = TOLD.exec(message) ?? [];
  const [, one, other] = APART.exec(message) ?? [];
  const changes = [
    [expected, given],
    [one, other],
    [other, one],
  ];
  return changes.flatMap(([from, to]) => {
    if (from === undefined || to === undefined) return [];
    const parts = call.split(new RegExp(`(?<==)${from}(?=[,)])`));
    return parts.length === 2 ? [parts.join(to)] : [];
  });
};

/** The calls among the arguments that make a part which the model is handed, such as the network that it wraps. */
export const handedParts = (call: string): readonly string[] =>
  [...call.matchAll(/(?<=[(\s]\w+=)[A-Z]\w*\([^()]*\)/g)].map(([part]) => part);

/** So many numbers of a call are changed to see what they have to do with what does not fit. */
const CHANGES = 12;

/** The call with each of its whole numbers, or lists of them, in turn twice as large. */
export const remadeCalls = (call: string): readonly string[] => {
  const tokens = call.match(/'(?:\\.|[^'\\])*'|\[[\d, ]+\]|[\w.]+|[^]/g) ?? [];
  const sites = tokens.flatMap((token, at) => (/^(?:[1-9]\d*|\[[\d, ]+\])$/.test(token) ? [at] : []));
  const doubled = (token: string): string => token.replace(/\d+/g, (number) => String(2 * Number(number)));
  return sites
    .slice(0, CHANGES)
    .map((site) => tokens.map((token, at) => (at === site ? doubled(token) : token)).join(''));
};
