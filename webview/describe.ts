/** What a screen reader says of an item: first what stands on it, then what the drawing shows by its form. */

import { captionOf, headerNotes, opNote, timesOf } from '../src/view/captions.ts';
import type { Item } from '../src/view/item.ts';
import { formatFeature } from '../src/view/label.ts';

export function describe(item: Item, open: boolean, value = ''): string {
  const { title, aside, lines } = captionOf(item);
  const shape = item.outputShape ? `output ${formatFeature(item.outputShape)}` : '';
  const wrong = item.problem && (!open || item.role === 'merge') ? `error: ${item.problem}` : '';
  if (item.role === 'merge') {
    const tail = item.tail ? `then ${item.tail}` : '';
    return sentence([`${item.path || 'model'}: ${joinOf(item)} joins`, tail, shape, wrong]);
  }
  const texts =
    item.role === 'op' || item.role === 'shortcut'
      ? [title, opNote(item)]
      : open
        ? [title, timesOf(item), ...headerNotes(item)]
        : [title, aside, ...lines, skipsInWords(item), value];
  const kind = KINDS[item.role] ?? '';
  const path = texts.includes(item.path) ? '' : item.path;
  return sentence([texts.filter((text) => text).join(' '), kind, path, shape, wrong]);
}

const joinOf = ({ skip, block }: Item): string =>
  skip === 'gate'
    ? 'gate'
    : block?.skip === 'concat'
      ? 'concatenation'
      : `${block?.skip ?? ''} skip connection`.trimStart();

/** Several numbers come first together, as they stand on the box: what is said has to contain what is seen. */
function skipsInWords({ skips }: Item): string {
  const kinds = Object.entries(skips).map(([kind, count]) => `${count} ${kind}`);
  if (kinds.length > 1) return `${Object.values(skips).join(' ')} skips: ${kinds.join(', ')}`;
  return kinds.map((kind) => `${kind} ${kind.startsWith('1 ') ? 'skip' : 'skips'}`).join('');
}

const KINDS: Partial<Record<Item['role'], string>> = {
  stage: 'stage',
  run: 'run of equal blocks',
  branch: 'residual branch',
  shortcut: 'shortcut',
  module: 'module',
};

const sentence = (parts: readonly string[]): string => parts.filter((part) => part).join(', ');
