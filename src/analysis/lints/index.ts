/** The table of lints, and one way to run them all. */

import type { Diagnostic, Severity } from '../../ir/diagnostic.ts';
import { ownPlace } from '../../ir/diagnostic.ts';
import type { Graph, ValueId } from '../../ir/graph.ts';
import { parameterOf } from '../../ir/query.ts';
import { isStatic } from '../../ir/type.ts';
import { dataFlow } from '../dataFlow.ts';
import type { ResidualBlock } from '../types.ts';
import { closedGate } from './closedGate.ts';
import { inPlaceAdd } from './inPlaceAdd.ts';
import { inPlaceIdentity } from './inPlaceIdentity.ts';
import type { AddBlock, Breach, Lint, LintContext } from './lint.ts';
import { activationBeforeAdd, noFinalNorm, normAfterAdd, postActivation, postNormDepth } from './order.ts';
import { blockedStage, dropoutOnSkip, projectionEverywhere, scaledSkip } from './skipPath.ts';
import {
  biasBeforeNorm,
  deadBranch,
  gammaNotZero,
  plainProjection,
  stridedShortcut,
  strideInPointwise,
} from './starts.ts';
import { defaultInitDepth, longPlainChain, sumAfterNorm, unnormalisedBranches } from './variance.ts';

/** Errors first. */
export const LINTS: readonly Lint[] = [
  ...[inPlaceIdentity, inPlaceAdd, dropoutOnSkip, scaledSkip, blockedStage],
  ...[
    closedGate,
    projectionEverywhere,
    normAfterAdd,
    activationBeforeAdd,
    noFinalNorm,
    postNormDepth,
    unnormalisedBranches,
  ],
  ...[longPlainChain, defaultInitDepth, deadBranch, sumAfterNorm],
  ...[postActivation, gammaNotZero, biasBeforeNorm, plainProjection, strideInPointwise, stridedShortcut],
];

/** Which lints a user wants to see. */
export type LintLevel = 'off' | 'errors' | 'warnings' | 'all';

const SHOWN: Readonly<Record<LintLevel, readonly Severity[]>> = {
  ...{ off: [], errors: ['error'] },
  ...{ warnings: ['error', 'warning'], all: ['error', 'warning', 'info'] },
};

export const lintsAt = (lints: readonly Diagnostic[], level: LintLevel): readonly Diagnostic[] =>
  lints.filter(({ severity }) => SHOWN[level].includes(severity));

/**
 * What the rules say of a graph: for each rule at most one diagnostic a line, which says in how many more places of the
 * network it holds. Nodes without a place in the source get an empty range in the file ''.
 */
export function lint(graph: Graph, blocks: readonly ResidualBlock[]): readonly Diagnostic[] {
  const context = contextOf(graph, blocks);
  return LINTS.flatMap((rule) => {
    const groups = new Map<string, Breach[]>();
    for (const breach of rule.check(context)) {
      const place = ownPlace(breach.node.frames);
      const key = place ? `${place.file}:${JSON.stringify(place.range)}` : '';
      groups.set(key, [...(groups.get(key) ?? []), breach]);
    }
    return [...groups.values()].map(([first, ...more]): Diagnostic => {
      const { node, message, severity = rule.severity, related = [] } = first!;
      const { file, range } = ownPlace(node.frames) ?? NOWHERE;
      const places = `${more.length} more place${more.length === 1 ? '' : 's'}`;
      return {
        ...{ file, range, severity, code: rule.code, related },
        message: more.length ? `${message} (And in ${places}.)` : message,
      };
    });
  });
}

const NOWHERE = { file: '', range: { start: { line: 0, character: 0 }, end: { line: 0, character: 0 } } };

const isAdd = (block: ResidualBlock): block is AddBlock =>
  block.merge !== null &&
  block.skipInput !== null &&
  block.branchInput !== null &&
  (block.skip === 'identity' || block.skip === 'projection') &&
  block.kind !== 'long-skip' &&
  block.kind !== 'dense';

function contextOf(graph: Graph, blocks: readonly ResidualBlock[]): LintContext {
  const flow = dataFlow(graph);
  const parameters = parameterOf(graph);
  const initOf: LintContext['initOf'] = (value) => {
    let at: ValueId | null | undefined = value;
    let transposed = false;
    for (;;) {
      if (at === null || at === undefined) return null;
      const parameter = parameters.get(at);
      if (parameter) {
        const { shape } = graph.values[at]!.type;
        if (!isStatic(shape)) return null;
        return { init: parameter.init, shape, transposed };
      }
      const maker = flow.producer[at];
      if (!maker || (maker.op !== 'Transpose' && maker.op !== 'Identity')) return null;
      if (maker.op === 'Transpose') transposed = !transposed;
      at = maker.inputs[0];
    }
  };
  return { graph, flow, blocks, adds: blocks.filter(isAdd), node: (id) => graph.nodes[id]!, initOf };
}
