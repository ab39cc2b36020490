/** Traces a PyTorch file: loads it into the interpreter, finds a model and its inputs, and hands back its graph. */

import type { PyodideAPI } from 'pyodide';
import type { Diagnostic, Location } from '../../ir/diagnostic.ts';
import type { ValueId } from '../../ir/graph.ts';
import type { DType } from '../../ir/type.ts';
import type { InputSpec, ModelCandidate, SourceModule, TraceRequest, TraceResult } from '../types.ts';
import { parseDirectives } from './directive.ts';
import type { Directive } from './directive.ts';
import type { Hint, Signature } from './findInputs.ts';
import { guessInputs, saidSize, wantsLargeImages } from './findInputs.ts';
import { learnShapes } from './learnShapes.ts';
import { decodeMessage, encodeMessage } from './message.ts';
import { moduleNameOf } from './moduleName.ts';
import type { ModuleRow, Place } from './session.ts';
import { Session } from './session.ts';
import { BOOTSTRAP, SHIM } from './shim/index.ts';

interface Failure {
  readonly code: string;
  readonly message: string;
  readonly frames: readonly number[];
  /** Python refused something that is not known. */
  readonly unknown?: true;
  /** A SyntaxError's own place, columns in characters. */
  readonly characters?: Place;
}

interface Answer<T> {
  readonly ok?: T;
  readonly abort?: true;
  readonly error?: Failure;
}

type CandidateRow = readonly [
  expression: string,
  kind: 'function' | 'class',
  name: string,
  line: number,
  buildable: boolean,
  used: boolean,
  /** The file builds it so itself, in a test or at its end. */
  usage: boolean,
  /** Its arguments are guesses. */
  guessed: boolean,
];

interface Built {
  readonly modules: readonly ModuleRow[];
  readonly hints: readonly Hint[];
  readonly signature: Signature;
  /** What the file itself feeds its models, this one's first. */
  readonly examples: readonly (readonly (readonly [dtype: DType, shape: readonly number[], bound: number | null])[])[];
}

interface Attempt {
  readonly session: Session;
  readonly inputs: readonly InputSpec[];
  readonly outputs: readonly ValueId[];
  readonly places: readonly Place[];
  readonly error: Failure | null;
  readonly failed: boolean;
  readonly built: Built | null;
}

export interface Engine {
  /** In a memory that is pristine, or prepared for this request. */
  trace(request: TraceRequest): TraceResult;
  /**
   * In pristine memory, after the trace of a request: takes over what that trace got beside its file, compiles what it executed
   * of it, and executes the file's first statements, up to its last import. A next trace that agrees in all that starts from
   * there, and gives what it would have given from the beginning. False where memory must be set back again: then nothing
   * is prepared.
   */
  prepare(request: TraceRequest, withHead?: boolean): boolean;
  /** Whether preparing after the last trace, of this request, would change nothing. */
  isPrepared(request: TraceRequest): boolean;
  /** Whether memory, as it is now, may serve this request: it is pristine, or no statement that was executed is another now. */
  serves(request: TraceRequest): boolean;
  /** Memory has been set back to its first state. */
  reset(): void;
}

/** What memory was made ready for. */
interface Prepared {
  readonly modules: readonly SourceModule[];
  /** Dotted names of the modules that are compiled, or executed. */
  readonly known: ReadonlySet<string>;
  /** The statements that were executed, '' for none, and those that were to be. */
  readonly head: string;
  readonly wanted: string;
  readonly file: string;
  readonly name: string;
  /** What they recorded. */
  readonly session: Session;
}

const rowsOf = (modules: readonly SourceModule[]): readonly (readonly string[])[] =>
  modules.map(({ name, file, source }) => [name, file, source]);

const sameModules = (a: readonly SourceModule[], b: readonly SourceModule[]): boolean =>
  a.length === b.length &&
  a.every(({ name, file, source }, at) => {
    const other = b[at]!;
    return name === other.name && file === other.file && source === other.source;
  });

type GuessInputs = (built: Built) => readonly InputSpec[] | null;

/** Whether a model ran through, with nothing wrong in it. */
const isClean = ({ failed, session }: Attempt): boolean =>
  !failed && session.builder.nodes.every((node) => node.problems.length === 0);

/** Strict attempts before the best one is taken as it is. */
const ATTEMPTS = 24;

/** Installs the shim into the interpreter; the engine then traces one file after the other. */
export function createEngine(pyodide: PyodideAPI): Engine {
  let session: Session | null = null;
  let places: readonly Place[] = [];
  const bridge = (message: string): string => {
    const [kind, payload] = decodeMessage(message) as [string, unknown];
    if (kind === 'asserts') {
      const all = ask<readonly Place[]>('frames', null);
      const place = all[(payload as readonly number[])[0] ?? -1];
      return JSON.stringify(place !== undefined && session !== null && session.isAssert(place));
    }
    return encodeMessage(session?.receive(kind, payload) ?? null);
  };
  const bootstrap = pyodide.runPython(BOOTSTRAP, { filename: 'bootstrap.py' }) as (
    sources: string,
    bridge: (message: string) => string,
  ) => (text: string) => string;
  const step = bootstrap(JSON.stringify(SHIM), bridge);
  const ask = <T>(name: string, request: unknown): T => JSON.parse(step(JSON.stringify([name, request]))) as T;
  const framesNow = (): readonly Place[] => (places = ask<readonly Place[]>('frames', null));

  /** Inputs that worked last, by file and expression. */
  const remembered = new Map<string, readonly InputSpec[]>();

  const nothing: Prepared = {
    modules: [],
    known: new Set(),
    head: '',
    wanted: '',
    file: '',
    name: '',
    session: new Session(new Map()),
  };
  let prepared = nothing;
  /** Of the last trace: dotted names of the given modules that it executed, and its file's text up to the last import. */
  let ran: readonly string[] = [];
  let head = '';
  const sourcesOf = ({ file, source, modules }: TraceRequest): ReadonlyMap<string, string> =>
    new Map([[file, source], ...modules.map((one): [string, string] => [one.file, one.source])]);

  const trace = (request: TraceRequest): TraceResult => {
    const { file, source, training } = request;
    const sources = sourcesOf(request);
    const top: Location = { file, range: { start: { line: 0, character: 0 }, end: { line: 0, character: 0 } } };
    const loading = prepared.session.fork(sources);
    loading.reports.push(...prepared.session.reports);
    session = loading;
    const diagnostics: Diagnostic[] = [];
    const {
      candidates: rows,
      broken,
      error,
      head: headLines,
    } = ask<Answer<null> & { candidates: readonly CandidateRow[]; broken: readonly Failure[]; head: number | null }>(
      'execute',
      {
        file,
        source,
        name: moduleNameOf(request),
        modules: sameModules(request.modules, prepared.modules) ? null : rowsOf(request.modules),
      },
    );
    // A file that cannot be read right now may well have the same beginning when it can.
    head = headLines === null ? prepared.head : firstLines(source, headLines);
    framesNow();
    const explain = (from: Session, failure: Failure): Diagnostic => {
      const own = from.ownPlace(failure.frames, places) ?? top;
      const place = failure.characters ? from.locateCharacters(failure.characters) : own;
      if (failure.unknown || from.steeredAt !== null) {
        const message = 'Skipscope does not know a value that this depends on.';
        return { ...place, severity: 'warning', code: 'unknown-value', message, related: [] };
      }
      const severity = ['unread-file', 'data-dependent-value'].includes(failure.code) ? 'warning' : 'error';
      return { ...place, severity, code: failure.code, message: failure.message, related: [] };
    };
    const directives = parseDirectives(file, source);
    for (const { faults, location } of directives) {
      for (const fault of faults) {
        const message = `Skipscope cannot read '${fault}' in this comment: model=EXPRESSION input=2x3x32x32 is meant.`;
        diagnostics.push({ ...location, severity: 'warning', code: 'bad-directive', message, related: [] });
      }
    }
    const candidates = [
      ...rows.map(([expression, kind, name, line, buildable]): ModelCandidate => ({
        expression,
        kind,
        location: loading.locateName(file, line, name),
        buildable,
      })),
      ...directives.flatMap(({ model, location }): ModelCandidate[] =>
        model === null ? [] : [{ expression: model, kind: 'directive', location, buildable: true }],
      ),
    ];
    const choices = request.model ? [request.model] : chooseModels(rows, directives);
    for (const failure of broken) diagnostics.push(explain(loading, failure));
    if (error) diagnostics.push(explain(loading, error));
    if (error || choices.length === 0) {
      diagnostics.push(...loading.diagnostics(places, top));
      return { candidates, model: null, inputs: [], graph: null, diagnostics };
    }

    const importReports = [...loading.reports];
    const attempt = (model: string, guess: GuessInputs, strict: boolean): Attempt => {
      const now = loading.fork(sources);
      session = now;
      const { ok: built, error: broken } = ask<Answer<Built>>('build', { model, training });
      if (!built) {
        framesNow();
        return { session: now, inputs: [], outputs: [], places, error: broken ?? null, failed: true, built: null };
      }
      now.modules = built.modules;
      const inputs = guess(built) ?? [];
      now.strict = strict;
      const payload = inputs.map(({ name, dtype, shape, bound }, at) => [
        name ?? built.signature.needed[at] ?? `input${at}`,
        dtype,
        shape,
        bound ?? null,
      ]);
      const { ok, abort, error: failure } = ask<Answer<readonly ValueId[]>>('forward', { inputs: payload, strict });
      framesNow();
      const failed = abort === true || failure !== undefined;
      return { session: now, inputs, outputs: ok ?? [], places, error: failure ?? null, failed, built };
    };

    const run = (model: string): Attempt => {
      const directive = directives.find((one) => one.model === model || one.model === null);
      const given = request.inputs?.length ? request.inputs : directive?.inputs.length ? directive.inputs : null;
      if (given) return attempt(model, () => given, false);
      const known = [remembered.get(`${file}\n${model}`), directives.find((one) => one.inputs.length)?.inputs];
      const found = search((guess, strict) => attempt(model, guess, strict), known);
      if (!found.failed) remembered.set(`${file}\n${model}`, found.inputs);
      return found;
    };
    let [model] = choices as [string];
    let best = run(model);
    for (const other of isClean(best) ? [] : choices.slice(1)) {
      const next = run(other);
      if (!isClean(next)) continue;
      [model, best] = [other, next];
      break;
    }
    best.session.reports.unshift(...importReports);
    diagnostics.push(...best.session.diagnostics(best.places, top));
    if (best.error) {
      const said = explain(best.session, best.error);
      // Where something unknown came from has been said; not what became of it.
      if (said.code !== 'unknown-value' || diagnostics.length === 0) diagnostics.push(said);
    }
    const graph = best.built ? best.session.finish(model, best.outputs, best.places, training) : null;
    session = null;
    const inputs = best.inputs.map((spec, at) => ({
      ...spec,
      name: spec.name ?? best.built?.signature.needed[at] ?? `input${at}`,
    }));
    return { candidates, model, inputs, graph, diagnostics: unique(diagnostics) };
  };
  return {
    trace(request) {
      const result = trace(request);
      ran = ask<readonly string[]>('ran', null);
      return result;
    },
    prepare(request, withHead = true) {
      const { file, modules } = request;
      const name = moduleNameOf(request);
      const given = withHead ? head : '';
      const executing = new Session(sourcesOf(request));
      session = executing;
      const { error } = ask<Answer<null>>('prepare', { file, name, modules: rowsOf(modules), ran, head: given });
      session = null;
      prepared = error
        ? nothing
        : { modules, known: new Set(ran), head: given, wanted: head, file, name, session: executing };
      return !error;
    },
    isPrepared: (request) => {
      const { modules, known, wanted, file } = prepared;
      const same = file === request.file && sameModules(request.modules, modules);
      return same && ran.every((name) => known.has(name)) && wanted === head;
    },
    serves: (request) => {
      const { head: done, modules, file, name } = prepared;
      if (done === '') return true;
      if (file !== request.file || !request.source.startsWith(done) || name !== moduleNameOf(request)) return false;
      return sameModules(request.modules, modules);
    },
    reset() {
      prepared = nothing;
    },
  };
}

/** A text's first lines with their ends, as Python counts lines. */
const firstLines = (text: string, count: number): string => {
  const ends = /\r\n|\r|\n/g;
  for (let line = 0; line < count; line++) if (ends.exec(text) === null) return '';
  return text.slice(0, ends.lastIndex);
};

/**
 * Directive, else the first factory, else the last model that the file builds itself, else the last class; those that no
 * other class of the file uses go first.
 */
const chooseModel = (rows: readonly CandidateRow[], directives: readonly Directive[]): string | null => {
  const said = directives.find(({ model }) => model !== null);
  if (said) return said.model;
  const factory = rows.find(([, kind, , , , , usage]) => kind === 'function' && !usage);
  if (factory) return factory[0];
  const usages = rows.filter(([, , , , , , usage]) => usage);
  const whole = usages.findLast(([, , , , , used]) => !used);
  if (whole) return whole[0];
  const classes = rows.filter(([, , , , buildable, , usage]) => buildable && !usage);
  return (classes.findLast(([, , , , , used]) => !used) ?? classes.at(-1) ?? usages.at(-1))?.[0] ?? null;
};

/** The choice, then others in place of a model whose arguments are guesses and that does not run. */
const chooseModels = (rows: readonly CandidateRow[], directives: readonly Directive[]): readonly string[] => {
  const first = chooseModel(rows, directives);
  if (first === null) return [];
  const guesses = rows.filter(([, , , , , , , guessed]) => guessed).map(([expression]) => expression);
  if (!guesses.includes(first)) return [first];
  const sure = chooseModel(
    rows.filter(([, , , , , , , guessed]) => !guessed),
    [],
  );
  return [first, ...guesses.filter((one) => one !== first).reverse(), ...(sure === null ? [] : [sure])];
};

/** Tries inputs until one runs through; else takes the one that came furthest, with its problems. */
const search = (
  attempt: (guess: GuessInputs, strict: boolean) => Attempt,
  known: readonly (readonly InputSpec[] | undefined)[],
): Attempt => {
  const tried = new Set<string>();
  let wide: readonly InputSpec[] = [];
  let furthest: Attempt | null = null;
  const next = (built: Built): readonly InputSpec[] | null => {
    const guesses = [
      ...known.filter((one) => one !== undefined),
      ...examplesOf(built),
      ...guessInputs(built.hints, built.signature, wide),
    ];
    const found = guesses.find((guess) => !tried.has(JSON.stringify(guess)));
    if (found) tried.add(JSON.stringify(found));
    return found ?? null;
  };
  const progress = (one: Attempt): number => one.session.builder.nodes.length;
  for (let count = 0; count < ATTEMPTS; count++) {
    const now = attempt(next, true);
    if (now.built === null) return now;
    if (now.inputs.length === 0 && count > 0) break;
    if (!now.failed) {
      const smaller = preferSmall(now);
      if (smaller && !tried.has(JSON.stringify(smaller))) {
        tried.add(JSON.stringify(smaller));
        const other = attempt(() => smaller, true);
        if (!other.failed) return other;
        return attempt(() => now.inputs, true);
      }
      return now;
    }
    wide = learnShapes({ ...now, hints: now.built.hints, message: now.error?.message ?? '' }) ?? wide;
    if (furthest === null || progress(now) > progress(furthest)) furthest = now;
    // A Python error that has nothing to do with shapes comes back with every input.
    if (count >= 3 && now.error && furthest.error?.message === now.error.message && isIndependent(now.error.message))
      break;
  }
  const inputs = furthest?.inputs ?? [];
  return attempt(() => inputs, false);
};

/** What the file feeds its models, as inputs of this one; lists that are too short or too long for it are left out. */
const examplesOf = ({ examples, signature: { needed, optional } }: Built): readonly (readonly InputSpec[])[] =>
  examples
    .filter((one) => one.length >= needed.length && one.length <= needed.length + optional.length)
    .map((one) =>
      one.map(([dtype, shape, bound], at) => ({
        name: [...needed, ...optional][at]!,
        dtype,
        shape,
        ...(bound !== null && { bound }),
      })),
    );

const isIndependent = (message: string): boolean =>
  /^(NameError|AttributeError|ImportError|NotImplementedError)/.test(message);

/** A picture that hardly shrinks was meant to be small: 32 pixels, unless the layers say otherwise. */
const preferSmall = (done: Attempt): readonly InputSpec[] | null => {
  const [input] = done.inputs;
  if (examplesOf(done.built!).some((one) => JSON.stringify(one) === JSON.stringify(done.inputs))) return null;
  if (done.inputs.length !== 1 || !input || input.shape.length !== 4 || input.shape[2] !== 224) return null;
  const { hints } = done.built!;
  if (saidSize(hints) || wantsLargeImages(hints) || done.session.shrinkage() >= 32) return null;
  return [{ ...input, shape: [input.shape[0]!, input.shape[1]!, 32, 32] }];
};

/** One diagnostic per place and code. */
const unique = (diagnostics: readonly Diagnostic[]): readonly Diagnostic[] => {
  const seen = new Set<string>();
  return diagnostics.filter((one) => {
    const key = JSON.stringify([one.file, one.range, one.code, one.message]);
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
};
