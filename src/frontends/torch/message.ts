/** JSON as Python writes and reads it: with the numbers that JSON proper has no words for. */

const SPECIAL: Readonly<Record<string, number>> = { Infinity, '-Infinity': -Infinity, NaN };
const TOKENS = /"(?:[^"\\]|\\.)*"|-?Infinity|NaN/g;
const MARK = '\u0000number';

/** A message from Python; `Infinity`, `-Infinity` and `NaN` stand for themselves. */
export function decodeMessage(message: string): unknown {
  if (!/Infinity|NaN/.test(message)) return JSON.parse(message);
  const marked = message.replace(TOKENS, (token) =>
    token in SPECIAL ? `{${JSON.stringify(MARK)}:"${token}"}` : token,
  );
  return JSON.parse(marked, (_, value: unknown) =>
    typeof value === 'object' && value !== null && MARK in value ? SPECIAL[value[MARK] as string] : value,
  );
}

/** An answer to Python. Lists of numbers keep what is not finite in them; elsewhere JSON's `null` stands. */
export function encodeMessage(answer: unknown): string {
  if (Array.isArray(answer) && answer.some((one) => typeof one === 'number' && !Number.isFinite(one))) {
    return `[${answer.map((one: unknown) => (typeof one === 'number' ? String(one) : JSON.stringify(one))).join(',')}]`;
  }
  return JSON.stringify(answer);
}
