/** One attempt at a trace: answers what the shim records, and builds the graph. */

import type { Diagnostic, Location, Severity } from '../../ir/diagnostic.ts';
import type { Graph, Node, Problem, ValueId } from '../../ir/graph.ts';
import type { GraphBuilder } from '../../ir/builder.ts';
import type { DType, Shape, TensorType } from '../../ir/type.ts';
import { isStatic, tensorType } from '../../ir/type.ts';
import { createBuilder } from '../../ops/infer.ts';
import { contentsOf } from './contents.ts';
import { Doubts } from './doubts.ts';
import type { ModuleRow } from './finish.ts';
import { finishGraph } from './finish.ts';
import type { NamedLeaf } from './leaves.ts';
import { Leaves } from './leaves.ts';
import { knownContents } from './inputContents.ts';
import { LOWERINGS, MOVING } from './lower/index.ts';
import { autocast } from './lower/autocast.ts';
import type { Arg, Result } from './lower/lower.ts';
import { holdsUnknown, isTensor, Lower, ShapeError, Unsupported } from './lower/lower.ts';
import { suppose } from './lower/suppose.ts';
import { locator, NodeFrames } from './nodeFrames.ts';
import { Reports } from './reports.ts';
import type { Place } from './sourceText.ts';
import { SourceText } from './sourceText.ts';

type ReportRow = [code: string, message: string, severity: Severity, frames: number[], cause: ValueId | null];

/** A sane bound on what one trace records. */
const NODE_LIMIT = 200_000;

export class Session {
  readonly builder: GraphBuilder = createBuilder();
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
  /** Below torch.autocast for the CPU: the format of its products. */
  private autocastTo: DType | null = null;
  /** Nodes made before the forward pass. */
  private forwardFrom = 0;
  private readonly lower = new Lower(this.builder);
  private readonly doubts = new Doubts(this.builder);
  readonly reports = new Reports(this.doubts);
  private readonly leaves = new Leaves(this.builder, this.lower);
  private readonly frames = new NodeFrames();
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
    builder.nodes.push(...next.frames.continue(this.frames, this.builder.nodes));
    next.leaves.continue(this.leaves);
    return next;
  }

  /** The host's side of the bridge: a JSON message in, a JSON answer out. */
  receive(kind: string, payload: unknown): unknown {
    switch (kind) {
      case 'call':
        return this.call(...(payload as [string, string, boolean, number, number[], Arg[]]));
      case 'leaf':
        return this.leaf(...(payload as Parameters<Leaves['make']>));
      case 'parameters':
        return (payload as NamedLeaf[]).map((one) => this.leaves.register(one));
      case 'input': {
        const [name, dtype, shape, bound] = payload as [string, DType, number[], number | null];
        this.forwardFrom ||= this.builder.nodes.length;
        const value = this.builder.input(name, tensorType(dtype, shape));
        const steps = this.builder.typeOf(this.builder.inputs[0]!).shape?.[1] ?? null;
        const data = knownContents(name, shape, bound, steps);
        if (data !== null) this.builder.values[value] = { ...this.builder.values[value]!, data };
        return value;
      }
      case 'floating':
        this.lower.floating = payload as DType;
        return null;
      case 'autocast':
        [this.lower.converts, this.autocastTo] = payload as [boolean, DType | null];
        return null;
      case 'steered':
        this.steeredAt ??= this.builder.nodes.length;
        return null;
      case 'doubted':
        this.doubtedAt ??= this.builder.nodes.length;
        return null;
      case 'data':
        return contentsOf(this.builder, payload as ValueId);
      case 'report': {
        const [code, message, severity, frames, cause] = payload as ReportRow;
        this.reports.add({ code, message, severity, frames }, cause);
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
    const { builder } = this;
    const places = this.frames.note(frames);
    builder.origin = { module: this.modules[module]?.[0] ?? '', origin, inPlace, frames: places };
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
      const { autocastTo: format } = this;
      return lowering(this.lower, format === null ? args : autocast(this.lower, format, op, origin, args));
    } catch (error) {
      this.builder.nodes.length = mark;
      if (error instanceof ShapeError) {
        return unknown([{ code: 'shape-mismatch', message: error.message }], error.meant);
      }
      if (error instanceof Unsupported) {
        this.reports.addUnsupported(origin, error, frames);
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

  private leaf(...[name, dtype, shape, ...rest]: Parameters<Leaves['make']>): ValueId {
    if (name === null && !isStatic(shape)) return this.emitUnknown([], tensorType(dtype, shape), [], false);
    return this.leaves.make(name, dtype, shape, ...rest);
  }

  diagnostics(places: readonly Place[], fallback: Location): Diagnostic[] {
    return this.reports.diagnostics(this.source, places, fallback);
  }

  /** Numbers of the user's frames in which a node was recorded, innermost first. */
  framesAt(node: Node): readonly number[] {
    return this.frames.at(node);
  }

  /** Takes the problems from the nodes at these places. */
  forgive(which: (at: number) => boolean): void {
    this.builder.nodes.forEach((node, at) => {
      if (node.problems.length > 0 && which(at)) this.builder.nodes[at] = { ...node, problems: [] };
    });
  }

  /** The graph that was recorded. `ended`: by what failed. */
  finish(
    name: string,
    outputs: readonly ValueId[],
    places: readonly Place[],
    { training, ended }: { readonly training: boolean; readonly ended: boolean },
  ): Graph {
    const locate = locator(this.source, places);
    this.frames.fill(locate);
    // What comes after that may be right in a real run.
    const { steeredAt } = this;
    if (steeredAt !== null) this.forgive((at) => at >= steeredAt);
    const { builder, leaves, modules, containers, unknownModules, forwardFrom } = this;
    const recorded = { builder, leaves, modules, containers, unknownModules, forwardFrom };
    const graph = finishGraph(recorded, { name, training, outputs }, this.source, locate);
    return ended || (steeredAt ?? -1) >= forwardFrom ? { ...graph, partial: true } : graph;
  }
}
