/** Writes a part of a graph as a formula: W₂ ∗ σ(W₁ ∗ x), with names for what is used more than once. */

import type { Node, ValueId } from '../ir/graph.ts';
import type { GraphIndex } from './graphIndex.ts';
import { opLabel } from './label.ts';

export interface Formula {
  readonly text: string;
  /** True where the formula is a sum: it needs brackets as a factor. */
  readonly isSum: boolean;
}

export interface Written extends Formula {
  /** Intermediate results with a name of their own, `h = LN(x)`, in execution order. */
  readonly where: readonly string[];
}

const NORMS: Readonly<Record<string, string>> = {
  BatchNormalization: 'BN',
  LayerNormalization: 'LN',
  GroupNormalization: 'GN',
  InstanceNormalization: 'IN',
};

const ACTIVATIONS: ReadonlySet<string> = new Set(
  'Relu Gelu Sigmoid Tanh LeakyRelu HardSwish HardSigmoid Elu Selu Celu PRelu Softplus Softsign Mish Clip Silu Swish'.split(
    ' ',
  ),
);

/** Changes of form only, which a formula leaves out. */
const SILENT: ReadonlySet<string> = new Set(
  'Reshape Flatten Squeeze Unsqueeze Identity Cast Dropout Expand'.split(' '),
);

export const isActivation = ({ op }: Node): boolean => ACTIVATIONS.has(op);

export const subscript = (number: number): string =>
  [...String(number)].map((digit) => '₀₁₂₃₄₅₆₇₈₉'[Number(digit)]!).join('');

const LETTERS = ['h', 'u', 'v', 'q', 'k', 'p', 'r', 's', 't', 'z'];

export interface FormulaOptions {
  readonly index: GraphIndex;
  /** Nodes that may be written out; what comes from elsewhere is a letter of its own. */
  readonly inside: ReadonlySet<number>;
  /** Names of values that are given. */
  readonly names: ReadonlyMap<ValueId, string>;
  /** The activation that is written σ. */
  readonly sigma: string | null;
}

/** Null where the formula would be longer than `limit` characters, or needs more names than there are letters. */
export function writeFormula(result: ValueId, options: FormulaOptions, limit = 160): Written | null {
  const writer = new Writer(options, result);
  const formula = writer.write(result);
  const length = [formula.text, ...writer.where].join('').length;
  return writer.exhausted || length > limit ? null : { ...formula, where: writer.where };
}

class Writer {
  readonly where: string[] = [];
  exhausted = false;
  private readonly known = new Map<ValueId, Formula>();
  private readonly uses = new Map<ValueId, number>();
  private readonly weights: number;
  private count = { weight: 0, bias: 0 };
  private letters = 0;

  constructor(
    private readonly options: FormulaOptions,
    result: ValueId,
  ) {
    const { index, inside } = options;
    this.uses.set(result, 1);
    let weights = 0;
    for (const id of inside) {
      const node = index.graph.nodes[id]!;
      // Each part of a split is one more use of the whole.
      const times = node.op === 'Split' ? node.outputs.length : 1;
      for (const input of new Set(node.inputs))
        if (input !== null) this.uses.set(input, (this.uses.get(input) ?? 0) + times);
      if (this.weightOf(node)) weights++;
    }
    this.weights = weights;
  }

  write(value: ValueId): Formula {
    const { index, inside, names } = this.options;
    const given = names.get(value) ?? this.known.get(value);
    if (given !== undefined) return typeof given === 'string' ? { text: given, isSum: false } : given;
    if (!index.isData(value)) return this.constant(value);
    const node = index.producer(value);
    if (!node || !inside.has(node.id)) return this.letter(value, null);
    const formula = this.node(node, value);
    const isShared = (this.uses.get(value) ?? 0) > 1 && formula.text.length > 3;
    if (isShared) return this.letter(value, formula);
    this.known.set(value, formula);
    return formula;
  }

  /** Gives a value a letter, and says what it stands for. */
  private letter(value: ValueId, formula: Formula | null): Formula {
    const letter = LETTERS[this.letters++];
    if (letter === undefined) this.exhausted = true;
    const named = { text: letter ?? '…', isSum: false };
    this.known.set(value, named);
    if (formula) this.where.push(`${named.text} = ${formula.text}`);
    return named;
  }

  private node(node: Node, value: ValueId): Formula {
    const { index, sigma } = this.options;
    const data = node.inputs.filter((input): input is ValueId => input !== null && index.isData(input));
    const [first] = data;
    const norm = NORMS[node.op];
    if (first === undefined) return { text: opLabel(index, node), isSum: false };
    if (SILENT.has(node.op)) return this.write(first);
    if (norm) return call(norm, [this.write(first)]);
    if (node.op === 'Split')
      return { text: `${factor(this.write(first))}${subscript(node.outputs.indexOf(value) + 1)}`, isSum: false };
    if (node.op === 'Transpose') return this.transposed(node, this.write(first));
    if (isActivation(node)) {
      const name = opLabel(index, node);
      return call(name === sigma ? 'σ' : name, [this.write(first)]);
    }
    if (this.weightOf(node)) return this.layer(node, first);
    switch (node.op) {
      case 'Add':
      case 'Sum':
        return {
          text: this.operands(node)
            .map(({ text }) => text)
            .join(' + '),
          isSum: true,
        };
      case 'Sub':
        return {
          text: this.operands(node)
            .map((part, at) => (at ? factor(part) : part.text))
            .join(' − '),
          isSum: true,
        };
      case 'Mul':
        return { text: this.operands(node).map(factor).join(' ⊙ '), isSum: false };
      case 'Div':
        return { text: this.operands(node).map(factor).join(' / '), isSum: false };
      case 'MatMul':
        return { text: this.operands(node).map(factor).join(' '), isSum: false };
      case 'Concat':
        return {
          text: `[${this.operands(node)
            .map(({ text }) => text)
            .join(', ')}]`,
          isSum: false,
        };
      default:
        return call(
          opLabel(index, node).replace(/[,\s]+/g, ' '),
          data.map((input) => this.write(input)),
        );
    }
  }

  private operands({ inputs }: Node): readonly Formula[] {
    return inputs.flatMap((input) => (input === null ? [] : [this.write(input)]));
  }

  /** A convolution or a product with a weight, and its bias. */
  private layer(node: Node, x: ValueId): Formula {
    const inner = factor(this.write(x));
    const number = this.weights > 1 ? subscript(++this.count.weight) : '';
    const isConv = node.op === 'Conv' || node.op === 'ConvTranspose';
    const weight = `W${number}${node.op === 'ConvTranspose' ? 'ᵀ' : ''}`;
    const product = isConv ? `${weight} ∗ ${inner}` : `${weight}${/^\w$/.test(inner) ? '' : ' '}${inner}`;
    const bias = node.inputs[2];
    const isBiased = typeof bias === 'number' && (isConv || node.op === 'Gemm');
    return isBiased ? { text: `${product} + b${number}`, isSum: true } : { text: product, isSum: false };
  }

  private weightOf(node: Node): boolean {
    const { index } = this.options;
    const isLayer = ['Conv', 'ConvTranspose', 'Gemm', 'MatMul'].includes(node.op);
    return (
      isLayer &&
      node.inputs.some((input) => input !== null && !index.isData(input) && index.parametersOf(input).length > 0)
    );
  }

  /** A transposition of matrices, alone or with that of heads, moves the last axis away. */
  private transposed({ attrs }: Node, inner: Formula): Formula {
    const perm = Array.isArray(attrs['perm']) ? (attrs['perm'] as readonly number[]) : [];
    return perm.at(-1) === perm.length - 1 ? inner : { text: `${factor(inner)}ᵀ`, isSum: false };
  }

  private constant(value: ValueId): Formula {
    const { index } = this.options;
    const { data } = index.graph.values[value]!;
    if (data?.length === 1) return { text: String(Number(data[0]!.toPrecision(3))), isSum: false };
    const [parameter] = index.parametersOf(value);
    if (parameter === undefined) return { text: 'c', isSum: false };
    const name = index.parameter(parameter)!.name.split('.').at(-1)!;
    if (name !== 'bias') return { text: name, isSum: false };
    // A bias that is added after its product has the product's number.
    return { text: `b${this.weights > 1 ? subscript(this.count.weight) : ''}`, isSum: false };
  }
}

const call = (name: string, operands: readonly Formula[]): Formula => ({
  text: `${name}(${operands.map(({ text }) => text).join(', ')})`,
  isSum: false,
});

const factor = ({ text, isSum }: Formula): string => (isSum ? `(${text})` : text);
