/** Traces a PyTorch file: loads it into the interpreter, finds a model and its inputs, and hands back its graph. */

import type { PyodideAPI } from 'pyodide';
import type { Diagnostic, Location } from '../../ir/diagnostic.ts';
import type { ValueId } from '../../ir/graph.ts';
import { formatInputSpec } from '../inputSpec.ts';
import type { InputSpec, ModelCandidate, SourceModule, TraceRequest, TraceResult } from '../types.ts';
import type { Attempt, Built, Failure, GuessInputs } from './attempt.ts';
import { hasParameters, isClean } from './attempt.ts';
import type { CandidateRow } from './choose.ts';
import { chooseModels, otherClass } from './choose.ts';
import { parseDirectives } from './directive.ts';
import { decodeMessage, encodeMessage } from './message.ts';
import { moduleNameOf } from './moduleName.ts';
import { fitArguments, handedParts, remadeCalls } from './otherCalls.ts';
import { named } from './placing.ts';
import type { Search, Try } from './search.ts';
import { search } from './search.ts';
import type { Place } from './sourceText.ts';
import { Session } from './session.ts';
import { BOOTSTRAP, SHIM } from './shim/index.ts';

interface Answer<T> {
  readonly ok?: T;
  readonly abort?: true;
  readonly error?: Failure;
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

/** Source of a module that a request for a file lacks, by its dotted name; null where there is none. */
export type FindModuleNow = (name: string, file: string) => SourceModule | null;

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

/** Installs the shim into the interpreter; the engine then traces one file after the other. */
export function createEngine(pyodide: PyodideAPI, find: FindModuleNow = () => null): Engine {
  let session: Session | null = null;
  let places: readonly Place[] = [];
  let sources = new Map<string, string>();
  /** What the last trace had beside its file: given, and found while it ran. */
  let found: readonly SourceModule[] = [];
  let tracing = '';
  const allOf = ({ modules, found: before = [] }: TraceRequest): readonly SourceModule[] => [...modules, ...before];
  const fetch = (name: string): readonly string[] | null => {
    const module = find(name, tracing);
    if (module === null) return null;
    sources.set(module.file, module.source);
    found = [...found, module];
    return [module.name, module.file, module.source];
  };
  const bridge = (message: string): string => {
    const [kind, payload] = decodeMessage(message) as [string, unknown];
    if (kind === 'find') return encodeMessage(fetch(payload as string));
    if (kind === 'asserts' || kind === 'complains') {
      const all = ask<readonly Place[]>('frames', null);
      const place = all[(payload as readonly number[])[0] ?? -1];
      const asks = ({ source }: Session, at: Place): boolean =>
        kind === 'asserts' ? source.isAssert(at) : source.isComplaint(at);
      return JSON.stringify(place !== undefined && session !== null && asks(session, place));
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
  const sourcesOf = ({ file, source }: TraceRequest, modules: readonly SourceModule[]): Map<string, string> =>
    new Map([[file, source], ...modules.map((one): [string, string] => [one.file, one.source])]);

  const trace = (request: TraceRequest): TraceResult => {
    const { file, source, training } = request;
    const given = allOf(request);
    sources = sourcesOf(request, given);
    found = given;
    tracing = file;
    const top: Location = { file, range: { start: { line: 0, character: 0 }, end: { line: 0, character: 0 } } };
    const loading = prepared.session.fork(sources);
    loading.reports.leadWith(prepared.session.reports.all);
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
        modules: sameModules(given, prepared.modules) ? null : rowsOf(given),
      },
    );
    // A file that cannot be read right now may well have the same beginning when it can.
    head = headLines === null ? prepared.head : firstLines(source, headLines);
    framesNow();
    const explain = (from: Session, failure: Failure): Diagnostic => {
      const own = from.source.ownPlace(failure.frames, places) ?? top;
      const place = failure.characters ? from.source.locateCharacters(failure.characters) : own;
      if (failure.unknown || from.steeredAt !== null) {
        const message = 'Skipscope does not know a value that this depends on.';
        return { ...place, severity: 'warning', code: 'unknown-value', message, related: [] };
      }
      const severity = ['unread-file', 'data-dependent-value'].includes(failure.code) ? 'warning' : 'error';
      // What another file's line refuses was asked for by one of this file.
      const asked = failure.frames.find((frame) => places[frame]?.[0] === file);
      const asking = place.file === file || asked === undefined ? null : from.source.locate(places[asked]!);
      const related = asking ? [{ ...asking, message: 'It is called here.' }] : [];
      return { ...place, severity, code: failure.code, message: failure.message, related };
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
        location: loading.source.locateName(file, line, name),
        buildable,
      })),
      ...directives.flatMap(({ model, location }): ModelCandidate[] =>
        model === null ? [] : [{ expression: model, kind: 'directive', location, buildable: true }],
      ),
    ];
    const choices = request.model ? [request.model] : chooseModels(rows, directives);
    const failures = broken.map((failure) => explain(loading, failure));
    diagnostics.push(...failures.filter((one) => one.code !== 'unknown-value'));
    const doubtful = failures.filter((one) => one.code === 'unknown-value');
    // Where something unknown came from has been said; not what became of it.
    const admit = (consequences: readonly Diagnostic[]): void => {
      if (diagnostics.length === 0) diagnostics.push(...consequences);
    };
    if (error) diagnostics.push(explain(loading, error));
    if (error || choices.length === 0) {
      diagnostics.push(...loading.diagnostics(places, top));
      admit(doubtful);
      return { candidates, model: null, inputs: [], graph: null, diagnostics };
    }

    const guessed = new Set(rows.filter((row) => row.at(-1) === true).map(([expression]) => expression));
    const importReports = loading.reports.all;
    const attempt = (model: string, guess: GuessInputs, strict: boolean): Attempt => {
      const now = loading.fork(sources);
      session = now;
      const { ok: built, error: broken } = ask<Answer<Built>>('build', { model, training });
      if (!built) {
        framesNow();
        return { session: now, inputs: [], outputs: [], places, error: broken ?? null, failed: true, built: null };
      }
      now.modules = built.modules;
      now.unknownModules = built.unknown;
      const inputs = named(guess(built) ?? [], built.signature);
      now.strict = strict;
      const payload = inputs.map(({ name, dtype, shape, bound, place }) => [
        name,
        dtype,
        shape,
        bound ?? null,
        place ?? null,
      ]);
      const { ok, abort, error: failure } = ask<Answer<readonly ValueId[]>>('forward', { inputs: payload, strict });
      now.containers = new Set(ask<readonly number[]>('containers', null));
      framesNow();
      const failed = abort === true || failure !== undefined;
      return { session: now, inputs, outputs: ok ?? [], places, error: failure ?? null, failed, built };
    };

    // A comment that names no model is of the one that the file stands for, not of the blocks that it is made of.
    const [main] = chooseModels(rows, directives);
    const run = (model: string): Search => {
      const directive = directives.find((one) => one.model === model || (one.model === null && model === main));
      const given = request.inputs?.length ? request.inputs : directive?.inputs.length ? directive.inputs : null;
      if (given) return { best: attempt(model, () => given, false), doubt: null };
      const known = [remembered.get(`${file}\n${model}`), directives.find((one) => one.inputs.length)?.inputs];
      const tryAs =
        (call: string): Try =>
        (guess, strict) =>
          attempt(call, guess, strict);
      const found = search(tryAs(model), known, guessed.has(model) ? remadeCalls(model).map(tryAs) : null);
      if (!found.best.failed && found.doubt === null) remembered.set(`${file}\n${model}`, found.best.inputs);
      return found;
    };
    let [model] = choices as [string];
    let { best, doubt } = run(model);
    const instead = request.model || hasParameters(best) ? null : otherClass(rows, model);
    if (instead !== null) {
      const next = run(instead);
      if (isClean(next.best) && hasParameters(next.best)) [model, best, doubt] = [instead, next.best, next.doubt];
    }
    const fitted = doubt !== null && guessed.has(model) ? fitArguments(model, doubt.message) : [];
    const parts = doubt !== null && guessed.has(model) && !request.model ? handedParts(model) : [];
    const changed = [...fitted, ...parts];
    for (const one of changed) guessed.add(one);
    const others = [...changed, ...choices.slice(1)];
    for (const other of doubt === null && best.error === null ? [] : others) {
      const next = run(other);
      if (!isClean(next.best) || next.doubt !== null) continue;
      const name = other.slice(0, other.indexOf('(') + 1);
      const at = changed.includes(other) ? candidates.findIndex(({ expression }) => expression.startsWith(name)) : -1;
      if (at >= 0) candidates[at] = { ...candidates[at]!, expression: other, buildable: true };
      [model, best, doubt] = [other, next.best, next.doubt];
      break;
    }
    // What the file's own run of its model met, too, is told where the model meets it.
    best.session.reports.leadWith(importReports);
    diagnostics.push(...best.session.diagnostics(best.places, top));
    if (doubt !== null) {
      const { location = top } = candidates.find(({ expression }) => expression === model) ?? {};
      const { file, range } = best.session.source.ownPlace(doubt.frames, best.places) ?? location;
      const specs = best.inputs.map(formatInputSpec);
      const input = specs.length === 0 || specs.includes(null) ? '1x3x224x224' : specs.join(' ');
      const comment = `# skipscope: model=${model} input=${input}`;
      diagnostics.push({
        ...location,
        severity: 'warning',
        code: 'no-input-found',
        message: guessed.has(model)
          ? `Skipscope could not guess arguments and an input with which this runs. Say them in a comment, as in '${comment}'.`
          : `Skipscope could not guess an input that ${model} takes. Say it in a comment, as in '${comment}'.`,
        related: [{ file, range, message: `The nearest guess failed: ${doubt.message}` }],
      });
    } else if (best.error) {
      const said = explain(best.session, best.error);
      if (said.code === 'unknown-value') doubtful.push(said);
      else diagnostics.push(said);
    }
    admit(doubtful);
    const how = { training, ended: best.error !== null || doubt !== null };
    const graph = best.built ? best.session.finish(model, best.outputs, best.places, how) : null;
    session = null;
    return { candidates, model, inputs: best.inputs, graph, diagnostics: unique(diagnostics) };
  };
  return {
    trace(request) {
      const result = trace(request);
      ran = ask<readonly string[]>('ran', null);
      return result;
    },
    prepare(request, withHead = true) {
      const { file } = request;
      const name = moduleNameOf(request);
      const given = withHead ? head : '';
      const modules = found;
      tracing = file;
      sources = sourcesOf(request, modules);
      const executing = new Session(sources);
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
      const same = file === request.file && sameModules(found, modules);
      return same && ran.every((name) => known.has(name)) && wanted === head;
    },
    serves: (request) => {
      const { head: done, modules, file, name } = prepared;
      if (done === '') return true;
      if (file !== request.file || !request.source.startsWith(done) || name !== moduleNameOf(request)) return false;
      return sameModules(allOf(request), modules);
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
