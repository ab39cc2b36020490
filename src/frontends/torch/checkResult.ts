/** Says whether what came back from the interpreter process is a trace result, before anything else looks at it. */

import type { TraceResult } from '../types.ts';

type Check = (value: unknown) => boolean;

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isString: Check = (value) => typeof value === 'string';
const isNumber: Check = (value) => typeof value === 'number';
const isBoolean: Check = (value) => typeof value === 'boolean';
const isTrue: Check = (value) => value === true;
const isIndex: Check = (value) => Number.isSafeInteger(value) && (value as number) >= 0;

const oneOf =
  (...options: readonly string[]): Check =>
  (value) =>
    options.includes(value as string);
const orNull =
  (check: Check): Check =>
  (value) =>
    value === null || check(value);
const optional =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value);
const listOf =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(check);
/** Fields that must hold; what else an object has is ignored, as everywhere in the program. */
const record = (fields: Readonly<Record<string, Check>>): Check => {
  const entries = Object.entries(fields);
  return (value) => isObject(value) && entries.every(([key, check]) => check(value[key]));
};

const position = record({ line: isIndex, character: isIndex });
const range = record({ start: position, end: position });
const location = record({ file: isString, range });
const diagnostic = record({
  ...{ file: isString, range, severity: oneOf('error', 'warning', 'info'), code: isString, message: isString },
  related: listOf(record({ file: isString, range, message: isString })),
});
const dtype = oneOf(
  ...['float32', 'float64', 'float16', 'bfloat16', 'int64', 'int32', 'int16', 'int8', 'uint8', 'bool', 'complex64'],
);
const shape = orNull(listOf(orNull(isNumber)));
const value = record({
  ...{ id: isIndex, name: isString, type: record({ dtype, shape }), data: optional(listOf(isNumber)) },
});
const attribute: Check = (each) => isNumber(each) || isString(each) || listOf(isNumber)(each) || listOf(isString)(each);
const node = record({
  ...{ id: isIndex, op: isString, inputs: listOf(orNull(isIndex)), outputs: listOf(isIndex) },
  attrs: (each) => isObject(each) && Object.values(each).every(attribute),
  ...{ module: isString, origin: isString, inPlace: isBoolean, frames: listOf(location) },
  problems: listOf(record({ code: isString, message: isString })),
});
const initial = record({
  kind: oneOf(
    ...[
      'constant',
      'uniform',
      'normal',
      'truncatedNormal',
      'orthogonal',
      'sparse',
      'exponential',
      'geometric',
      'cauchy',
    ],
    ...['logNormal', 'bernoulli', 'integers', 'eye', 'dirac', 'data', 'computed', 'unknown'],
  ),
  program: optional((each) => program(each)),
});
const program = record({
  values: listOf(value),
  nodes: listOf(
    record({
      ...{ op: isString, inputs: listOf(orNull(isIndex)), outputs: listOf(isIndex) },
      attrs: (each) => isObject(each) && Object.values(each).every(attribute),
    }),
  ),
  leaves: listOf(record({ value: isIndex, name: isString, init: (each) => initial(each) })),
  result: isIndex,
});
const parameter = record({
  ...{ value: isIndex, name: isString, init: initial, trainable: isBoolean, buffer: isBoolean },
  complex: optional((each) => each === true),
});
const moduleInfo = record({
  ...{ path: isString, class: isString, builtin: isBoolean, created: orNull(location), defined: orNull(location) },
  holds: optional(isTrue),
});
const graph = record({
  ...{ name: isString, values: listOf(value), nodes: listOf(node), inputs: listOf(isIndex), outputs: listOf(isIndex) },
  ...{ parameters: listOf(parameter), modules: listOf(moduleInfo), training: isBoolean },
  unknownModules: optional(listOf(isString)),
  partial: optional(isTrue),
});
const candidate = record({
  ...{ expression: isString, kind: oneOf('function', 'class', 'directive'), location, buildable: isBoolean },
});
const step: Check = (each) =>
  Array.isArray(each) && each.length === 2 && isString(each[0]) && (isString(each[1]) || isIndex(each[1]));
const place: Check = (each) => Array.isArray(each) && each.length === 2 && isString(each[0]) && listOf(step)(each[1]);
const input = record({
  ...{ name: optional(isString), dtype, shape: listOf(isIndex), bound: optional(isNumber), place: optional(place) },
});
const result = record({
  ...{ candidates: listOf(candidate), model: orNull(isString), inputs: listOf(input), graph: orNull(graph) },
  diagnostics: listOf(diagnostic),
});

/** True for a well-formed result whose value numbers all exist. Costs some milliseconds for a thousand nodes. */
export const isTraceResult = (candidateResult: unknown): candidateResult is TraceResult => {
  if (!result(candidateResult)) return false;
  const { graph: made } = candidateResult as TraceResult;
  if (made === null) return true;
  const known = (id: number | null): boolean => id === null || id < made.values.length;
  return (
    made.values.every(({ id }, at) => id === at) &&
    made.nodes.every(({ inputs, outputs }) => inputs.every(known) && outputs.every(known)) &&
    [made.inputs, made.outputs, made.parameters.map((each) => each.value)].every((ids) => ids.every(known))
  );
};
