/** Puts Pyodide back to how it was before a model file ran: its whole memory and its whole file system. */

import type { PyodideAPI } from 'pyodide';

type Contents = Record<string, FsNode> | Uint8Array | null | undefined;

interface FsNode {
  readonly id: number;
  name: string;
  parent: FsNode;
  mode: number;
  contents?: Contents;
  usedBytes?: number;
  name_next?: FsNode;
  node_ops: Record<string, unknown>;
  stream_ops: Record<string, unknown>;
}

interface EmscriptenFs {
  readonly root: FsNode;
  nameTable: (FsNode | undefined)[];
  streams: unknown[];
  currentPath: string;
  nextInode: number;
  ignorePermissions: boolean;
  readonly ErrnoError: new (errno: number) => Error;
  isDir(mode: number): boolean;
  isFile(mode: number): boolean;
}

export interface Checkpoint {
  /** Bytes of memory that were put aside. */
  readonly size: number;
  /** True when the process is better replaced: memory only grows, and what a model file has blown up stays blown up. */
  isWorn(): boolean;
  /** Undoes all that Python did since, whatever it was. */
  restore(): void;
  /** Another checkpoint of the memory as it is now; the files must be as they were. */
  renew(): Checkpoint;
}

/** EROFS as WASI numbers it. */
const READ_ONLY = 69;

/** A heap that has grown by more than this since the checkpoint is not worth clearing again and again (bytes). */
const TOLERATED_GROWTH = 64 * 2 ** 20;

const rememberFiles = (fs: EmscriptenFs): (() => void) => {
  const undo: (() => void)[] = [];
  const readOnlyFor = new Map<object, Record<string, unknown>>();
  const refuse = (): never => {
    throw new fs.ErrnoError(READ_ONLY);
  };
  const seen = new Set<FsNode>();
  const visit = (node: FsNode): void => {
    if (seen.has(node)) return;
    seen.add(node);
    const { name, parent, mode, contents, usedBytes, name_next: next } = node;
    const directory =
      fs.isDir(mode) && typeof contents === 'object' && !ArrayBuffer.isView(contents) && contents !== null;
    const children = directory ? { ...(contents as Record<string, FsNode>) } : null;
    if (fs.isFile(mode)) {
      // Files that are here now belong to the interpreter, and are written in place: they are never written again.
      const known = readOnlyFor.get(node.stream_ops) ?? {
        ...node.stream_ops,
        write: refuse,
        allocate: refuse,
        msync: refuse,
      };
      readOnlyFor.set(node.stream_ops, known);
      node.stream_ops = known;
      const setattr = node.node_ops['setattr'] as (this: unknown, target: FsNode, attr: { size?: number }) => void;
      node.node_ops = {
        ...node.node_ops,
        setattr: (target: FsNode, attr: { size?: number }) =>
          attr.size === undefined ? setattr(target, attr) : refuse(),
      };
    }
    const { node_ops: nodeOps, stream_ops: streamOps } = node;
    undo.push(() => {
      Object.assign(node, { name, parent, mode, usedBytes, name_next: next, node_ops: nodeOps, stream_ops: streamOps });
      if (children) node.contents = { ...children };
      else node.contents = contents;
    });
    if (children) for (const child of Object.values(children)) visit(child);
  };
  visit(fs.root);
  for (const first of fs.nameTable) for (let node = first; node; node = node.name_next) visit(node);
  const nameTable = [...fs.nameTable];
  const streams = [...fs.streams];
  const { currentPath, nextInode } = fs;
  return () => {
    for (const step of undo) step();
    nameTable.forEach((node, at) => {
      fs.nameTable[at] = node;
    });
    fs.streams.length = 0;
    streams.forEach((stream, at) => {
      fs.streams[at] = stream;
    });
    fs.currentPath = currentPath;
    fs.nextInode = nextInode;
  };
};

/** Take it when everything is loaded and warm, with no Python code running. Costs one copy of the heap, as does restoring. */
export const takeCheckpoint = (pyodide: PyodideAPI): Checkpoint => {
  const module = (pyodide as unknown as { _module: { HEAPU8: Uint8Array } })._module;
  return keepMemory(module, rememberFiles(pyodide.FS as unknown as EmscriptenFs));
};

const keepMemory = (module: { HEAPU8: Uint8Array }, restoreFiles: () => void): Checkpoint => {
  // Python's heap is mostly zeros at its end: what lies behind the last byte in use need not be kept.
  let used = module.HEAPU8.length;
  while (used > 0 && module.HEAPU8[used - 1] === 0) used -= 1;
  const kept = module.HEAPU8.slice(0, used);
  const sizeThen = module.HEAPU8.length;
  return {
    size: used,
    isWorn: () => module.HEAPU8.length > sizeThen + TOLERATED_GROWTH,
    renew: () => keepMemory(module, restoreFiles),
    restore() {
      const heap = module.HEAPU8;
      heap.set(kept);
      heap.fill(0, used);
      restoreFiles();
    },
  };
};
