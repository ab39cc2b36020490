/** Files as they were in a revision of their Git repository, through the `git` program. */

import { execFile } from 'node:child_process';
import { realpath } from 'node:fs/promises';
import { dirname, relative, resolve, sep } from 'node:path';
import { promisify } from 'node:util';
import { UsageError } from './usage.ts';

export interface Revision {
  /** The model file itself. */
  readModel(): Promise<Uint8Array>;
  /** A source file of the repository; null when that revision has none. */
  read(file: string): Promise<string | null>;
}

const MOST_BYTES = 512 * 2 ** 20;

/** @throws UsageError when there is no such repository, revision or file in it */
export async function openRevision(path: string, revision: string): Promise<Revision> {
  if (revision.startsWith('-')) throw new UsageError(`'${revision}' is no revision.`);
  const file = await realpath(path).catch(() => resolve(path));
  const git = async (args: readonly string[]): Promise<Buffer> => {
    const options = { cwd: dirname(file), encoding: 'buffer', maxBuffer: MOST_BYTES } as const;
    return (await promisify(execFile)('git', [...args], options)).stdout;
  };
  const failed = (what: string) => (): never => {
    throw new UsageError(what);
  };
  const top = await git(['rev-parse', '--show-toplevel']).catch(failed(`${path} is in no Git repository.`));
  const root = top.toString().trim();
  const listed = await git(['ls-tree', '-r', '-z', '--full-tree', '--name-only', revision]).catch(
    failed(`The repository of ${path} has no revision '${revision}'.`),
  );
  const names = new Set(listed.toString().split('\0'));
  const nameOf = (one: string): string => relative(root, one).split(sep).join('/');
  // Not `git show`, which would run the programs that a repository's configuration names for such files.
  const show = (name: string): Promise<Buffer> => git(['cat-file', 'blob', `${revision}:${name}`]);
  if (!names.has(nameOf(file))) throw new UsageError(`${path} is not in ${revision}.`);
  return {
    readModel: () => show(nameOf(file)),
    read: async (one) => {
      const name = nameOf(await realpath(one).catch(() => resolve(one)));
      return names.has(name) ? (await show(name)).toString() : null;
    },
  };
}
