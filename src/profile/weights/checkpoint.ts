/** Reads PyTorch checkpoints (`torch.save`), in the zip format and in that before it, without running their pickles. */

import { unzipSync } from 'fflate';
import { Made, Named, Persistent, unpickle } from './pickle.ts';
import type { Placement, Storage } from './storage.ts';
import { ELEMENTS, misplaced, readTensor } from './storage.ts';
import type { WeightsFile } from './weightsFile.ts';

/** Tells the format before torch 1.6 from other pickles. */
const LEGACY_MAGIC = 119547037146038801333356n;

export const isZip = (bytes: Uint8Array): boolean => bytes[0] === 0x50 && bytes[1] === 0x4b;
export const isPickle = (bytes: Uint8Array): boolean => bytes[0] === 0x80 && bytes[1]! <= 5;

/**
 * All tensors of a checkpoint by their path through its dictionaries: `state_dict.conv1.weight`. Contents are read when
 * asked for.
 *
 * @throws an Error for the user on a file that is damaged or holds no tensors
 */
export function readCheckpoint(bytes: Uint8Array): WeightsFile {
  return isZip(bytes) ? readArchive(bytes) : readLegacy(bytes);
}

function readArchive(bytes: Uint8Array): WeightsFile {
  const entries = listEntries(bytes);
  const pickle = [...entries.keys()].find((name) => /(^|\/)data\.pkl$/.test(name));
  if (pickle === undefined) throw new Error('This zip file is not a PyTorch checkpoint.');
  const folder = pickle.slice(0, -'data.pkl'.length);
  const order = entries.has(`${folder}byteorder`) ? new TextDecoder().decode(extract(bytes, `${folder}byteorder`)) : '';
  if (order === 'big') throw new Error('This checkpoint was written on a big-endian machine, which is not supported.');
  const { value } = unpickle(extract(bytes, pickle));
  const found = collect(value);
  for (const [name, { storage }] of found.tensors) {
    const size = entries.get(`${folder}data/${storage.key}`);
    if (size === undefined) throw new Error(`Tensor ${name} lacks its storage, or it is compressed.`);
    if (size < storage.length * storage.element.bytes) throw new Error(`The storage of tensor ${name} is cut off.`);
  }
  return present(found, (key) => extract(bytes, `${folder}data/${key}`));
}

/**
 * Sizes of the archive's entries. torch stores tensors as they are: compressed ones are not torch's and could unfold to
 * any size, and entries that lie over one another could too.
 */
function listEntries(bytes: Uint8Array): ReadonlyMap<string, number> {
  const entries = new Map<string, number>();
  let total = 0;
  unzip(bytes, ({ name, size, originalSize, compression }) => {
    total += size;
    if (total > bytes.length) throw new Error('The entries of the checkpoint are larger than the file.');
    if (compression === 0 && size === originalSize) entries.set(name, size);
    return false;
  });
  return entries;
}

function extract(bytes: Uint8Array, wanted: string): Uint8Array {
  let expected = 0;
  const found = unzip(bytes, ({ name, originalSize }) => {
    if (name === wanted) expected = originalSize;
    return name === wanted;
  });
  const contents = found[wanted];
  if (contents?.length !== expected) throw new Error(`Entry ${wanted} of the checkpoint is cut off.`);
  return contents;
}

type Filter = NonNullable<NonNullable<Parameters<typeof unzipSync>[1]>['filter']>;

function unzip(bytes: Uint8Array, filter: Filter): ReturnType<typeof unzipSync> {
  try {
    return unzipSync(bytes, { filter });
  } catch (error) {
    // Its own errors carry a number, ours do not.
    if (
      (error as { code?: number }).code === undefined &&
      !(error instanceof RangeError || error instanceof TypeError)
    ) {
      throw error;
    }
    throw new Error('The checkpoint is a damaged zip file; it may be cut off.', { cause: error });
  }
}

/** Magic number, version, system, contents, keys of the storages; then each storage: its length and its bytes. */
function readLegacy(bytes: Uint8Array): WeightsFile {
  const magic = unpickle(bytes);
  if (magic.value !== LEGACY_MAGIC) {
    throw new Error('This pickle is not a PyTorch checkpoint (torch.save writes one).');
  }
  const system = unpickle(bytes, unpickle(bytes, magic.end).end);
  if (system.value instanceof Map && system.value.get('little_endian') === false) {
    throw new Error('This checkpoint was written on a big-endian machine, which is not supported.');
  }
  const contents = unpickle(bytes, system.end);
  const keys = unpickle(bytes, contents.end);
  const found = collect(contents.value);
  const elements = new Map([...found.storages.values()].map((storage) => [storage.key, storage.element]));
  const places = new Map<string, Uint8Array>();
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = keys.end;
  for (const key of Array.isArray(keys.value) ? keys.value.map(String) : []) {
    if (at + 8 > bytes.length) throw new Error('The checkpoint is cut off.');
    const size = Number(view.getBigInt64(at, true)) * (elements.get(key)?.bytes ?? 1);
    at += 8;
    if (size < 0 || at + size > bytes.length) throw new Error('The checkpoint is cut off.');
    places.set(key, bytes.subarray(at, at + size));
    at += size;
  }
  for (const [name, { storage }] of found.tensors) {
    const size = places.get(storage.key)?.length ?? -1;
    if (size < storage.length * storage.element.bytes) throw new Error(`Tensor ${name} lacks its storage.`);
  }
  return present(found, (key) => places.get(key)!);
}

interface Collected {
  readonly tensors: ReadonlyMap<string, Placement>;
  readonly storages: ReadonlyMap<string, Storage>;
}

/** The tensors in dictionaries, lists and pickled modules; everything else is passed over. */
function collect(root: unknown): Collected {
  const tensors = new Map<string, Placement>();
  const storages = new Map<string, Storage>();
  const objects = new Set<string>();
  const seen = new Set<unknown>();
  const visit = (value: unknown, path: string, depth: number): void => {
    if (typeof value !== 'object' || value === null || depth > DEEPEST) return;
    if (value instanceof Made) {
      const placement = placementOf(value, path);
      if (placement !== null) {
        tensors.set(path, placement);
        storages.set(placement.storage.key, placement.storage);
        return;
      }
      objects.add(value.of.name);
    }
    if (seen.has(value)) return;
    seen.add(value);
    const below = (key: unknown): string => (path === '' ? String(key) : `${path}.${String(key)}`);
    if (value instanceof Map) {
      for (const [key, item] of value) {
        if (typeof key === 'string' || typeof key === 'number') visit(item, below(key), depth + 1);
      }
    } else if (Array.isArray(value)) value.forEach((item, index) => visit(item, below(index), depth + 1));
    else if (value instanceof Made && value.state instanceof Map) {
      // A pickled module holds its parameters in three attributes, under their own names; a scripted one is them itself.
      const { state } = value;
      const parts = ['_parameters', '_buffers', '_modules'].filter((part) => state.has(part));
      if (parts.length === 0) visit(state, path, depth + 1);
      for (const part of parts) visit(state.get(part), path, depth + 1);
    }
  };
  visit(root, '', 0);
  if (tensors.size > 0) return { tensors, storages };
  const holds = objects.size ? `, but ${[...objects].slice(0, 3).join(', ')}` : '';
  throw new Error(`The checkpoint holds no tensors${holds}. Save model.state_dict() in it.`);
}

const DEEPEST = 200;

/** Where a tensor lies, if that is what the call would have rebuilt; else null. */
function placementOf({ of, args }: Made, path: string): Placement | null {
  if (/^torch\._utils\._rebuild_parameter/.test(of.name)) {
    return args[0] instanceof Made ? placementOf(args[0], path) : null;
  }
  if (!/^torch\._utils\._rebuild_tensor(_v2|_v3)?$/.test(of.name)) {
    const isTensor = /^torch\._(utils\._rebuild|tensor\._rebuild)/.test(of.name);
    if (isTensor) throw new Error(`Tensor ${path} is of a kind that is not supported (${of.name}).`);
    return null;
  }
  const [source, offset, shape, strides] = args;
  const storage = storageOf(source, of.name.endsWith('_v3') ? args[6] : null, path);
  if (!isCount(offset) || !isCounts(shape) || !isCounts(strides)) {
    throw new Error(`The checkpoint does not describe tensor ${path} properly.`);
  }
  const placement = { storage, offset, shape, strides };
  const wrong = misplaced(placement);
  if (wrong !== null) throw new Error(`Tensor ${path} of the checkpoint ${wrong}.`);
  return placement;
}

/** Persistent ids are ('storage', class, key, location, number of elements). */
function storageOf(source: unknown, dtype: unknown, path: string): Storage {
  const id: unknown[] = source instanceof Persistent && Array.isArray(source.id) ? source.id : [];
  const [what, kind, key, , length] = id;
  if (what !== 'storage' || !(kind instanceof Named) || typeof key !== 'string' || !isCount(length)) {
    throw new Error(`The checkpoint does not describe the storage of tensor ${path} properly.`);
  }
  const name = kind.name.replace(/^torch\.(cuda\.)?/, '').replace(/Storage$/, '');
  const element = ELEMENTS[dtype instanceof Named ? '' : name];
  if (!element) {
    const type = dtype instanceof Named ? dtype.name : kind.name;
    throw new Error(`Tensor ${path} has element type ${type.replace(/^torch\./, '')}, which is not supported.`);
  }
  return { key, element, length };
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
const isCounts = (value: unknown): value is number[] =>
  Array.isArray(value) && value.length <= 32 && value.every(isCount);

function present({ tensors }: Collected, bytesOf: (key: string) => Uint8Array): WeightsFile {
  return {
    names: [...tensors.keys()],
    read(name) {
      const placement = tensors.get(name);
      if (!placement) throw new Error(`The checkpoint has no tensor ${name}.`);
      return readTensor(placement, bytesOf(placement.storage.key));
    },
  };
}
