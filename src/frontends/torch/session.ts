/** One attempt at a trace: answers what the shim records, and builds the graph. */

import type { Diagnostic, Location, Severity } from '../../ir/diagnostic.ts';
import type { Graph, InitSpec, ModuleInfo, Node, Parameter, Problem, Value, ValueId } from '../../ir/graph.ts';
import type { GraphBuilder } from '../../ir/builder.ts';
import type { DType, Shape, TensorType } from '../../ir/type.ts';
import { isStatic, tensorType } from '../../ir/type.ts';
import { createBuilder } from '../../ops/infer.ts';
import { computedInits } from './computedInits.ts';
import { contentsOf } from './contents.ts';
import { Doubts } from './doubts.ts';
import { isLengths } from './otherInputs.ts';
import { LOWERINGS, MOVING } from './lower/index.ts';
import type { Arg, Result } from './lower/lower.ts';
import { holdsUnknown, isTensor, Lower, product, ShapeError, Unsupported } from './lower/lower.ts';
import { suppose } from './lower/suppose.ts';
import type { Place } from './sourceText.ts';
import { SourceText } from './sourceText.ts';

type ReportRow = [code: string, message: string, severity: Severity, frames: number[]];

/** What an attempt has to tell beside its graph. */
export interface Report {
  /** It tells of values that nobody knows while a model is traced. */
  readonly isOfContents: boolean;
  readonly code: string;
  readonly message: string;
  readonly severity: Severity;
  readonly frames: readonly number[];
}

/** What the interpreter says of a module: path, class, builtin, frame of its constructor call, class statement. */
export type ModuleRow = readonly [string, string, boolean, number, readonly [string, number, string] | null];

/** Constants up to this size are written out; larger ones are expanded from one number. */
const CONSTANT_LIMIT = 4096;
/** A sane bound on what one trace records. */
const NODE_LIMIT = 200_000;

export class Session {
  readonly builder: GraphBuilder = createBuilder();
  readonly reports: Report[] = [];
  modules: readonly ModuleRow[] = [];
  /** Places in `modules` of what only holds others. */
  containers: ReadonlySet<number> = new Set();
  strict = false;
  /** Paths of modules that are not known. */
  unknownModules: readonly string[] = [];
  /** First problem of a strict attempt. */
  failed: { readonly op: string; readonly inputs: readonly (ValueId | null)[]; readonly args: readonly Arg[] } | null =
    null;
  /** Nodes made before something that is not known decided how the program goes on; null where nothing did. */
  steeredAt: number | null = null;
  /** The same of what the file's own statements do, where they feed their model themselves. */
  private doubtedAt: number | null = null;
  /** Nodes made before the forward pass. */
  private forwardFrom = 0;
  private readonly lower = new Lower(this.builder);
  private readonly doubts = new Doubts(this.builder);
  private readonly framesOf: (readonly [Location[], readonly number[]])[] = [];
  private readonly unnamed = new Map<ValueId, number>();
  /** Places of parameters in the framework's order; what is in no list comes after them. */
  private readonly listed = new Map<ValueId, number>();
  /** By parameter that the model's constructor computed: the value that it starts with. */
  private readonly computed = new Map<ValueId, ValueId>();
  readonly source: SourceText;

  /** `sources`: text by file, the traced one first. */
  constructor(sources: ReadonlyMap<string, string>) {
    this.source = new SourceText(sources);
  }

  /** A session with these sources that goes on where this one ends; its reports are its own. */
  fork(sources: ReadonlyMap<string, string>): Session {
    const next = new Session(sources);
    if (this.doubtedAt !== null) this.forgive((at) => at >= this.doubtedAt!);
    const { builder } = next;
    next.lower.floating = this.lower.floating;
    builder.values.push(...this.builder.values);
    builder.parameters.push(...this.builder.parameters);
    const fresh = new Map(this.framesOf.map(([locations]) => [locations as readonly Location[], [] as Location[]]));
    for (const [locations, frames] of this.framesOf) next.framesOf.push([fresh.get(locations)!, frames]);
    for (const node of this.builder.nodes)
      builder.nodes.push({ ...node, frames: fresh.get(node.frames) ?? node.frames });
    for (const entry of this.unnamed) next.unnamed.set(...entry);
    for (const entry of this.listed) next.listed.set(...entry);
    for (const entry of this.computed) next.computed.set(...entry);
    return next;
  }

  /** The host's side of the bridge: a JSON message in, a JSON answer out. */
  receive(kind: string, payload: unknown): unknown {
    switch (kind) {
      case 'call':
        return this.call(...(payload as [string, string, boolean, number, number[], Arg[]]));
      case 'leaf':
        return this.leaf(...(payload as [string | null, DType, Shape, InitSpec | null, boolean | null]));
      case 'parameters':
        return (payload as Parameters<Session['register']>[]).map((one) => this.register(...one));
      case 'input': {
        const [name, dtype, shape, bound] = payload as [string, DType, number[], number | null];
        this.forwardFrom ||= this.builder.nodes.length;
        const value = this.builder.input(name, tensorType(dtype, shape));
        // Lengths of sequences steer a program: all are taken to be as long as they can be.
        const longest = bound === null ? this.builder.typeOf(this.builder.inputs[0]!).shape?.[1] : bound - 1;
        if (isLengths(name) && longest && shape.length === 1)
          this.builder.values[value] = {
            ...this.builder.values[value]!,
            data: new Array<number>(shape[0]!).fill(longest),
          };
        return value;
      }
      case 'floating':
        this.lower.floating = payload as DType;
        return null;
      case 'autocast': {
        const before = this.lower.converts;
        this.lower.converts = payload as boolean;
        return before;
      }
      case 'steered':
        this.steeredAt ??= this.builder.nodes.length;
        return null;
      case 'doubted':
        this.doubtedAt ??= this.builder.nodes.length;
        return null;
      case 'data':
        return contentsOf(this.builder, payload as ValueId);
      case 'report': {
        const [code, message, severity, frames, cause] = payload as [...ReportRow, ValueId | null];
        if (cause === null || this.doubts.isNews(cause))
          this.reports.push({ isOfContents: cause !== null, code, message, severity, frames });
        return null;
      }
      case 'doubtful':
        return this.doubts.isDoubtful(payload as ValueId);
      default:
        return null;
    }
  }

  private call(
    op: string,
    origin: string,
    inPlace: boolean,
    module: number,
    frames: readonly number[],
    args: Arg[],
  ): unknown {
    const locations: Location[] = [];
    this.framesOf.push([locations, frames]);
    const { builder } = this;
    builder.origin = { module: this.modules[module]?.[0] ?? '', origin, inPlace, frames: locations };
    const before = builder.nodes.length;
    if (before > NODE_LIMIT) throw new Error('too many operations');
    let dtype: DType | null = null;
    if (inPlace && op !== 'unview') {
      const last = args.at(-1);
      if (typeof last === 'object' && last !== null && 'd' in last) {
        dtype = last.d;
        args = args.slice(0, -1);
      }
    }
    let result = this.run(op, origin, args, frames, inPlace);
    if (typeof result === 'number' && op === 'each') this.doubts.standsForAll(result);
    const axis = typeof result === 'number' ? this.doubts.joins(op, args, result) : null;
    if (axis !== null && typeof result === 'number') {
      const { dtype, shape } = builder.typeOf(result);
      result = this.emitUnknown([result], tensorType(dtype, shape!.with(axis, null)), [], false);
      this.doubts.isJoined(result);
    }
    if (dtype !== null && typeof result === 'number' && builder.typeOf(result).dtype !== dtype) {
      result = this.lower.cast(result, dtype);
    }
    if (this.strict && this.failed === null) {
      const bad = builder.nodes.slice(before).find((node) => node.problems.length);
      if (bad) this.failed = { op, inputs: args.map((arg) => (isTensor(arg) ? arg.t : null)), args };
    }
    if (this.strict && this.failed) return 'abort';
    return typeof result === 'number'
      ? this.describe(result)
      : result.map((one) => (one === null ? null : this.describe(one)));
  }

  private run(op: string, origin: string, args: readonly Arg[], frames: readonly number[], inPlace: boolean): Result {
    const inputs = args.flatMap((arg) => (Array.isArray(arg) ? (arg as readonly Arg[]) : [arg])).filter(isTensor);
    const unknown = (problems: readonly Problem[] = [], shape: Shape = null, dtype: DType | null = null): ValueId => {
      const first = inputs[0] ? this.builder.typeOf(inputs[0].t) : tensorType('float32', null);
      return this.emitUnknown(
        inputs.map((input) => input.t),
        // What is written to keeps its shape.
        tensorType(dtype ?? first.dtype, shape ?? (inPlace ? first.shape : null)),
        problems,
        !MOVING.has(op),
      );
    };
    const lowering = LOWERINGS.get(op);
    const supposed = (): Result | undefined => {
      const known = lowering && suppose(op, lowering, args, (id) => this.builder.valueAt(id));
      const results = known?.types.map((type) => type && unknown([], type.shape, type.dtype));
      return known?.isOne ? (results?.[0] ?? undefined) : results;
    };
    if (args.some(holdsUnknown)) return supposed() ?? unknown();
    const mark = this.builder.nodes.length;
    try {
      if (!lowering) throw new Unsupported(' ');
      return lowering(this.lower, args);
    } catch (error) {
      this.builder.nodes.length = mark;
      if (error instanceof ShapeError) {
        return unknown([{ code: 'shape-mismatch', message: error.message }], error.meant);
      }
      if (error instanceof Unsupported) {
        if (error.message && (error.source === null || this.doubts.isNews(error.source))) {
          const why = error.message.trim() ? `: ${error.message}` : '';
          this.reports.push({
            isOfContents: error.source !== null,
            code: 'unknown-operation',
            message: `Skipscope does not know ${origin}${why || ' for these arguments'}.`,
            severity: 'warning',
            frames,
          });
        }
        return (error.message ? undefined : supposed()) ?? unknown([], error.shape, error.dtype);
      }
      throw error;
    }
  }

  /** `multiplies`: whether the call may hold products of matrices, for all that is known of it. */
  private emitUnknown(
    inputs: readonly ValueId[],
    type: TensorType,
    problems: readonly Problem[],
    multiplies = true,
  ): ValueId {
    const { builder } = this;
    const id = builder.values.length;
    builder.values.push({ id, name: '', type });
    builder.nodes.push({
      id: builder.nodes.length,
      op: 'Unknown',
      inputs: [...new Set(inputs)],
      outputs: [id],
      attrs: multiplies ? {} : { products: 0 },
      problems,
      ...builder.origin,
    });
    return id;
  }

  private describe(value: ValueId): [ValueId, DType, Shape] {
    const { dtype, shape } = this.builder.typeOf(value);
    return [value, dtype, shape];
  }

  private leaf(
    name: string | null,
    dtype: DType,
    shape: Shape,
    init: InitSpec | null,
    trainable: boolean | null,
  ): ValueId {
    const { builder } = this;
    if (name === null && !isStatic(shape)) return this.emitUnknown([], tensorType(dtype, shape), [], false);
    if (name === null && isStatic(shape) && init) {
      const count = product(shape);
      if (init.kind === 'data') return builder.constant(init.data.map(Number), shape, dtype);
      if (init.kind === 'constant' && count <= CONSTANT_LIMIT) {
        return builder.constant(new Array<number>(count).fill(init.value), shape, dtype);
      }
      if (init.kind === 'constant') return this.lower.expandTo(builder.constant([init.value], [], dtype), shape);
    }
    // A tensor without a name is no parameter of the model; it becomes one when it is registered.
    const flags = { trainable: name ? (trainable ?? false) : false, buffer: !name || !trainable };
    const label = name ? name : `tensor${this.unnamed.size}`;
    const value = builder.parameter(label, tensorType(dtype, shape), init ?? { kind: 'unknown' }, flags);
    if (!name) this.unnamed.set(value, builder.parameters.length - 1);
    return value;
  }

  private register(
    name: string,
    dtype: DType,
    shape: Shape,
    init: InitSpec | null,
    trainable: boolean,
    buffer: boolean,
    value: ValueId | null,
    complex: boolean,
  ): ValueId {
    const made = this.registered(name, tensorType(dtype, shape), init, { trainable, buffer }, value);
    const at = complex ? this.builder.parameters.findIndex((one) => one.value === made) : -1;
    if (at >= 0) this.builder.parameters[at] = { ...this.builder.parameters[at]!, complex: true };
    return made;
  }

  private registered(
    name: string,
    type: TensorType,
    init: InitSpec | null,
    flags: { readonly trainable: boolean; readonly buffer: boolean },
    value: ValueId | null,
  ): ValueId {
    const spec = init ?? { kind: 'unknown' };
    const listed = (parameter: ValueId): ValueId => {
      this.listed.set(parameter, this.listed.size);
      return parameter;
    };
    if (value === null) return listed(this.builder.parameter(name, type, spec, flags));
    // The model's constructor has used it before it had a name.
    const at = this.unnamed.get(value) ?? this.builder.parameters.findIndex((one) => one.value === value);
    if (at < 0) {
      const data = this.builder.values[value]?.data;
      const known: InitSpec = data ? { kind: 'data', data: [...data] } : { kind: 'unknown' };
      const parameter = this.builder.parameter(name, type, known, flags);
      if (!data) this.computed.set(parameter, value);
      return listed(parameter);
    }
    this.builder.parameters[at] = { value, name, init: spec, ...flags };
    this.builder.values[value] = { ...this.builder.values[value]!, name };
    return listed(value);
  }

  diagnostics(places: readonly Place[], fallback: Location): Diagnostic[] {
    return this.reports.map(({ code, message, severity, frames }) => {
      const at = this.source.ownPlace(frames, places) ?? fallback;
      return { ...at, severity, code, message, related: [] };
    });
  }

  /** Numbers of the user's frames in which a node was recorded, innermost first. */
  framesAt(node: Node): readonly number[] {
    return this.framesOf.find(([locations]) => locations === node.frames)?.[1] ?? [];
  }

  /** Takes the problems from the nodes at these places. */
  forgive(which: (at: number) => boolean): void {
    this.builder.nodes.forEach((node, at) => {
      if (node.problems.length > 0 && which(at)) this.builder.nodes[at] = { ...node, problems: [] };
    });
  }

  // ---- the finished graph ----

  /** The graph without what nothing reads: constants that were folded, and values of the constructor. */
  finish(name: string, outputs: readonly ValueId[], places: readonly Place[], training: boolean): Graph {
    const known = new Map<number, Location>();
    const locate = (frame: number): Location | undefined => {
      const place = places[frame];
      if (!place) return undefined;
      const seen = known.get(frame) ?? this.source.locate(place);
      known.set(frame, seen);
      return seen;
    };
    for (const [locations, frames] of this.framesOf) {
      for (const frame of frames) {
        const location = locate(frame);
        if (location) locations.push(location);
      }
    }
    const { builder } = this;
    // What comes after that may be right in a real run.
    const { steeredAt } = this;
    if (steeredAt !== null) this.forgive((at) => at >= steeredAt);
    const paths = new Set(this.modules.map((row) => row[0]));
    const folded = (node: Node): boolean =>
      node.outputs.every((output) => builder.values[output]?.data !== undefined) && node.problems.length === 0;
    const needed = new Set<ValueId>(outputs);
    const kept: Node[] = [];
    for (let index = builder.nodes.length - 1; index >= 0; index--) {
      const node = builder.nodes[index]!;
      if (folded(node)) continue;
      const used = node.outputs.some((output) => needed.has(output));
      if (!used && (index < this.forwardFrom || isMovement(node.op)) && node.problems.length === 0) continue;
      for (const input of node.inputs) if (input !== null) needed.add(input);
      kept.push(node);
    }
    kept.reverse();
    const place = ({ value }: Parameter): number => this.listed.get(value) ?? this.listed.size;
    const parameters = builder.parameters
      .filter((one) => !one.buffer || needed.has(one.value))
      .sort((a, b) => place(a) - place(b));
    const inits = computedInits(builder, this.computed, this.unnamed);
    const alive = new Set<ValueId>([...builder.inputs, ...parameters.map((one) => one.value), ...outputs]);
    for (const node of kept) for (const id of [...node.inputs, ...node.outputs]) if (id !== null) alive.add(id);
    const ids = new Map<ValueId, ValueId>([...alive].sort((a, b) => a - b).map((id, index) => [id, index]));
    const to = (id: ValueId): ValueId => ids.get(id)!;
    const values: Value[] = [...ids].map(([old, id]) => ({ ...builder.values[old]!, id }));
    const nodes = kept.map((node, id): Node => ({
      ...node,
      id,
      inputs: node.inputs.map((input) => (input === null ? null : to(input))),
      outputs: node.outputs.map(to),
      module: paths.has(node.module) ? node.module : '',
    }));
    const modules = this.modules.map(([path, cls, builtin, created, defined], at): ModuleInfo => ({
      path,
      class: cls,
      builtin,
      created: locate(created) ?? null,
      defined: defined ? this.source.locateName(...defined) : null,
      ...(this.containers.has(at) && { holds: true }),
    }));
    return {
      name,
      values,
      nodes,
      inputs: builder.inputs.map(to),
      outputs: outputs.map(to),
      parameters: parameters.map((one): Parameter => ({ ...one, value: to(one.value), init: inits(one) })),
      modules,
      training,
      ...(this.unknownModules.length > 0 && { unknownModules: this.unknownModules }),
    };
  }
}

const isMovement = (op: string): boolean =>
  [
    'Reshape',
    'Transpose',
    'Slice',
    'Squeeze',
    'Unsqueeze',
    'Identity',
    'Detach',
    'Expand',
    'Concat',
    'Flatten',
    'Split',
    'Cast',
  ].includes(op);
