/**
 * Messages as VS Code carries them: JSON with array buffers in it, which would turn NaN and the infinities into null. A mask
 * of −∞ must arrive as one.
 */

const MARK = '\u0000number';
const MARKED = '\u0000marked';

/** The message itself where it is safe already. Takes plain data. */
export function toWire(message: object): object {
  const marked = mark(message) as object;
  return marked === message ? message : { ...marked, [MARKED]: true };
}

/** What was given to {@link toWire}. */
export function fromWire(message: unknown): unknown {
  if (!isPlain(message) || !(MARKED in message)) return message;
  const { [MARKED]: _, ...marked } = message;
  return unmark(marked);
}

const isPlain = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !ArrayBuffer.isView(value) && !(value instanceof ArrayBuffer);

/** The same object where nothing below it changes. */
function changeParts(value: object, change: (part: unknown) => unknown): object {
  const parts = value as Record<string, unknown>;
  let copy: Record<string, unknown> | null = null;
  for (const key in parts) {
    const part = parts[key];
    const changed = change(part);
    if (Object.is(changed, part)) continue;
    copy ??= (Array.isArray(value) ? [...(value as unknown[])] : { ...parts }) as Record<string, unknown>;
    copy[key] = changed;
  }
  return copy ?? value;
}

function mark(value: unknown): unknown {
  if (typeof value === 'number') return Number.isFinite(value) ? value : { [MARK]: String(value) };
  return isPlain(value) ? changeParts(value, mark) : value;
}

function unmark(value: unknown): unknown {
  if (!isPlain(value)) return value;
  return MARK in value ? Number(value[MARK]) : changeParts(value, unmark);
}
