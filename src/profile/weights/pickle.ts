/** Reads pickles as data: nothing that they name is imported, and nothing that they call is executed. */

/** A class or function by name; it is never looked up. */
export class Named {
  constructor(readonly name: string) {}
}

/** What calling a {@link Named} would have made. */
export class Made {
  /** What `__setstate__` would have got. */
  state: unknown = null;

  constructor(
    readonly of: Named,
    readonly args: readonly unknown[],
  ) {}
}

/** A reference to what lies outside of the pickle: torch's storages. */
export class Persistent {
  constructor(readonly id: unknown) {}
}

export interface Unpickled {
  readonly value: unknown;
  /** Where the next pickle begins. */
  readonly end: number;
}

/** Dictionaries become maps, lists and tuples arrays, sets arrays of their members, bytes Uint8Arrays. */
type Dictionary = Map<unknown, unknown>;

/** Far more than any state dict needs, and few enough to be read in seconds. */
const MOST_STEPS = 20_000_000;

const isPlainDictionary = ({ name }: Named): boolean =>
  name === 'collections.OrderedDict' || name === 'collections.defaultdict';

/**
 * Reads one pickle, of protocols 0 to 5.
 *
 * @throws an Error for the user where the pickle is damaged or cut off
 */
export function unpickle(bytes: Uint8Array, start = 0): Unpickled {
  return new Reader(bytes, start).read();
}

const MARK = Symbol('mark');

class Reader {
  private readonly view: DataView;
  private readonly stack: unknown[] = [];
  private readonly memo = new Map<number, unknown>();

  constructor(
    private readonly bytes: Uint8Array,
    private at: number,
  ) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  read(): Unpickled {
    for (let step = 0; step < MOST_STEPS; step++) {
      const code = String.fromCharCode(this.byte());
      if (code === '.') return { value: this.pop(), end: this.at };
      const handle = OPCODES[code];
      if (!handle) throw new Error(`The pickle is damaged: there is no opcode ${JSON.stringify(code)}.`);
      handle(this);
    }
    throw new Error('The pickle is too long.');
  }

  // ---- bytes ----

  byte(): number {
    return this.take(1)[0]!;
  }

  take(count: number): Uint8Array {
    if (count < 0 || count > this.bytes.length - this.at) throw new Error('The pickle is cut off.');
    this.at += count;
    return this.bytes.subarray(this.at - count, this.at);
  }

  /** An unsigned little-endian number of up to eight bytes. */
  length(count: number): number {
    let value = 0;
    this.take(count).forEach((byte, index) => (value += byte * 2 ** (8 * index)));
    return value;
  }

  int32(): number {
    this.take(4);
    return this.view.getInt32(this.at - 4, true);
  }

  float(): number {
    this.take(8);
    return this.view.getFloat64(this.at - 8);
  }

  /** Two's complement, little-endian, of any length; beyond 2⁵³ a bigint. */
  long(count: number): number | bigint {
    const bytes = this.take(count);
    if (count > 64) throw new Error('The pickle holds a number of more than 64 bytes.');
    let value = 0n;
    bytes.forEach((byte, index) => (value += BigInt(byte) << BigInt(8 * index)));
    if (count > 0 && bytes[count - 1]! > 127) value -= 1n << BigInt(8 * count);
    const small = Number(value);
    return Number.isSafeInteger(small) ? small : value;
  }

  line(): string {
    const end = this.bytes.indexOf(10, this.at);
    if (end < 0) throw new Error('The pickle is cut off.');
    const text = new TextDecoder().decode(this.take(end - this.at));
    this.at++;
    return text;
  }

  text(count: number): string {
    return new TextDecoder().decode(this.take(count));
  }

  // ---- the stack ----

  push(value: unknown): void {
    this.stack.push(value);
  }

  pop(): unknown {
    if (this.stack.length === 0) throw new Error('The pickle is damaged: it takes more than it has put down.');
    return this.stack.pop();
  }

  top(): unknown {
    const value = this.pop();
    this.stack.push(value);
    return value;
  }

  /** What lies above the last mark. */
  popMark(): unknown[] {
    const mark = this.stack.lastIndexOf(MARK);
    if (mark < 0) throw new Error('The pickle is damaged: a mark is missing.');
    const items = this.stack.splice(mark);
    return items.slice(1);
  }

  many(count: number): unknown[] {
    return Array.from({ length: count }, () => this.pop()).reverse();
  }

  remember(index: number): void {
    this.memo.set(index, this.top());
  }

  rememberNext(): void {
    this.remember(this.memo.size);
  }

  recall(index: number): void {
    if (!this.memo.has(index)) throw new Error('The pickle is damaged: it recalls what it has not remembered.');
    this.push(this.memo.get(index));
  }

  call(callable: unknown, args: unknown): void {
    const list = Array.isArray(args) ? (args as unknown[]) : [];
    if (callable instanceof Named && isPlainDictionary(callable)) {
      // OrderedDict of old protocols gets its items as a list of pairs.
      const pairs = callable.name === 'collections.OrderedDict' && Array.isArray(list[0]) ? (list[0] as unknown[]) : [];
      this.push(new Map(pairs.map((pair) => (Array.isArray(pair) ? [pair[0], pair[1]] : [pair, null]))));
    } else this.push(new Made(callable instanceof Named ? callable : new Named('an object'), list));
  }

  setItems(items: readonly unknown[]): void {
    const target = this.top();
    if (!(target instanceof Map)) return;
    for (let index = 0; index + 1 < items.length; index += 2) {
      (target as Dictionary).set(items[index], items[index + 1]);
    }
  }

  append(items: readonly unknown[]): void {
    const target = this.top();
    if (Array.isArray(target)) for (const item of items) target.push(item);
  }

  build(): void {
    const state = this.pop();
    const target = this.top();
    // A dictionary's own attributes (`_metadata` of a state dict) say nothing about tensors.
    if (target instanceof Made) target.state = state;
  }
}

type Handler = (reader: Reader) => void;

const counted = (size: number, then: (reader: Reader, count: number) => void): Handler => {
  return (reader) => then(reader, reader.length(size));
};
const pushText = (reader: Reader, count: number): void => reader.push(reader.text(count));
const pushBytes = (reader: Reader, count: number): void => reader.push(reader.take(count).slice());
const named = (module: unknown, name: unknown): Named => new Named(`${String(module)}.${String(name)}`);
/** A string as Python writes it, of protocol 0; escapes are left as they are. */
const unquote = (text: string): string => text.slice(1, -1);
const ignore: Handler = () => undefined;

/** By the byte that begins them; see Python's `pickletools`. */
const OPCODES: Readonly<Record<string, Handler>> = {
  '\x80': (r) => void r.take(1),
  '\x95': (r) => void r.take(8),
  '(': (r) => r.push(MARK),
  '0': (r) => void r.pop(),
  '1': (r) => void r.popMark(),
  '2': (r) => r.push(r.top()),
  N: (r) => r.push(null),
  '\x88': (r) => r.push(true),
  '\x89': (r) => r.push(false),
  I: (r) => {
    const line = r.line();
    r.push(line === '01' ? true : line === '00' ? false : Number(line));
  },
  J: (r) => r.push(r.int32()),
  K: (r) => r.push(r.length(1)),
  M: (r) => r.push(r.length(2)),
  L: (r) => r.push(Number(r.line().replace(/L$/, ''))),
  '\x8a': counted(1, (r, count) => r.push(r.long(count))),
  '\x8b': counted(4, (r, count) => r.push(r.long(count))),
  F: (r) => r.push(Number(r.line())),
  G: (r) => r.push(r.float()),
  S: (r) => r.push(unquote(r.line())),
  V: (r) => r.push(r.line()),
  T: counted(4, pushText),
  U: counted(1, pushText),
  X: counted(4, pushText),
  '\x8c': counted(1, pushText),
  '\x8d': counted(8, pushText),
  B: counted(4, pushBytes),
  C: counted(1, pushBytes),
  '\x8e': counted(8, pushBytes),
  '\x96': counted(8, pushBytes),
  '\x97': (r) => r.push(new Named('a buffer')),
  '\x98': ignore,
  ')': (r) => r.push([]),
  t: (r) => r.push(r.popMark()),
  '\x85': (r) => r.push(r.many(1)),
  '\x86': (r) => r.push(r.many(2)),
  '\x87': (r) => r.push(r.many(3)),
  ']': (r) => r.push([]),
  l: (r) => r.push(r.popMark()),
  a: (r) => r.append([r.pop()]),
  e: (r) => r.append(r.popMark()),
  '}': (r) => r.push(new Map()),
  d: (r) => {
    const items = r.popMark();
    r.push(new Map());
    r.setItems(items);
  },
  s: (r) => {
    const [key, value] = r.many(2);
    r.setItems([key, value]);
  },
  u: (r) => r.setItems(r.popMark()),
  '\x8f': (r) => r.push([]),
  '\x90': (r) => r.append(r.popMark()),
  '\x91': (r) => r.push(r.popMark()),
  p: (r) => r.remember(Number(r.line())),
  q: counted(1, (r, index) => r.remember(index)),
  r: counted(4, (r, index) => r.remember(index)),
  '\x94': (r) => r.rememberNext(),
  g: (r) => r.recall(Number(r.line())),
  h: counted(1, (r, index) => r.recall(index)),
  j: counted(4, (r, index) => r.recall(index)),
  c: (r) => {
    const module = r.line();
    r.push(named(module, r.line()));
  },
  '\x93': (r) => {
    const [module, name] = r.many(2);
    r.push(named(module, name));
  },
  '\x82': counted(1, (r, code) => r.push(new Named(`extension ${code}`))),
  '\x83': counted(2, (r, code) => r.push(new Named(`extension ${code}`))),
  '\x84': counted(4, (r, code) => r.push(new Named(`extension ${code}`))),
  R: (r) => {
    const [callable, args] = r.many(2);
    r.call(callable, args);
  },
  '\x81': (r) => {
    const [callable, args] = r.many(2);
    r.call(callable, args);
  },
  '\x92': (r) => {
    const [callable, args] = r.many(3);
    r.call(callable, args);
  },
  o: (r) => {
    const [callable, ...args] = r.popMark();
    r.call(callable, args);
  },
  i: (r) => {
    const module = r.line();
    const callable = named(module, r.line());
    r.call(callable, r.popMark());
  },
  b: (r) => r.build(),
  P: (r) => r.push(new Persistent(r.line())),
  Q: (r) => r.push(new Persistent(r.pop())),
};
