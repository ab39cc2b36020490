/** The kept runs: each profile's report in a file of the workspace's storage, bounded in number and size. */

import * as vscode from 'vscode';
import { conditionsOf, weightsOf } from '../profile/figures/conditions.ts';
import { ablationName } from '../profile/figures/variants.ts';
import type { ProfileReport } from '../profile/types.ts';
import type { RunSummary } from '../protocol/messages.ts';
import { fromWire, toWire } from '../protocol/wire.ts';

export interface Runs extends vscode.Disposable {
  /** Newest first. */
  list(): Promise<readonly RunSummary[]>;
  /** Null when it is no longer kept, or cannot be read. */
  read(id: string): Promise<ProfileReport | null>;
  keep(of: Pick<RunSummary, 'uri' | 'file' | 'model'>, report: ProfileReport): Promise<RunSummary>;
  rename(id: string, name: string): Promise<void>;
  remove(id: string): Promise<void>;
  readonly onDidChange: vscode.Event<void>;
}

const MOST_RUNS = 40;
const MOST_BYTES = 32e6;
const LONGEST_NAME = 80;

interface Entry extends RunSummary {
  readonly bytes: number;
}

interface Index {
  readonly version: 1;
  readonly runs: readonly Entry[];
}

/** `folder` need not exist yet. */
export function createRuns(folder: vscode.Uri, log: vscode.LogOutputChannel): Runs {
  const changed = new vscode.EventEmitter<void>();
  const { fs } = vscode.workspace;
  const indexFile = vscode.Uri.joinPath(folder, 'runs.json');
  const fileOf = (id: string): vscode.Uri => vscode.Uri.joinPath(folder, `${id}.json`);
  let entries: Promise<readonly Entry[]> | null = null;
  /** Writes wait for one another. */
  let last: Promise<unknown> = Promise.resolve();

  const load = async (): Promise<readonly Entry[]> => {
    try {
      const index = JSON.parse(new TextDecoder().decode(await fs.readFile(indexFile))) as Index;
      return index.version === 1 ? index.runs : [];
    } catch {
      // The first run of this workspace is yet to come, or a write was cut off.
      return [];
    }
  };
  const current = (): Promise<readonly Entry[]> => (entries ??= load());

  const write = (uri: vscode.Uri, value: object): Promise<number> => {
    const bytes = new TextEncoder().encode(JSON.stringify(toWire(value)));
    return Promise.resolve(fs.writeFile(uri, bytes)).then(() => bytes.length);
  };

  const change = <T>(
    work: (before: readonly Entry[]) => Promise<{ after: readonly Entry[]; result: T }>,
  ): Promise<T> => {
    const turn = last.then(async () => {
      const before = await current();
      const { after, result } = await work(before);
      entries = Promise.resolve(after);
      await write(indexFile, { version: 1, runs: after } satisfies Index);
      for (const { id } of before.filter((entry) => !after.some((one) => one.id === entry.id)))
        await Promise.resolve(fs.delete(fileOf(id))).catch(() => undefined);
      changed.fire();
      return result;
    });
    last = turn.catch((error: unknown) => log.warn(`runs cannot be kept: ${String(error)}`));
    return turn;
  };

  return {
    list: current,
    async read(id) {
      const entry = (await current()).find((one) => one.id === id);
      if (!entry) return null;
      try {
        return fromWire(JSON.parse(new TextDecoder().decode(await fs.readFile(fileOf(id))))) as ProfileReport;
      } catch (error) {
        log.warn(`a kept run cannot be read: ${String(error)}`);
        return null;
      }
    },
    keep: (of, report) =>
      change(async (before) => {
        const time = Date.now();
        const id = `${time.toString(36)}-${before.length.toString(36)}`;
        const entry: Entry = {
          ...of,
          id,
          time,
          name: nameOf(of.model, report, before),
          conditions: shortly(report),
          bytes: 0,
        };
        await fs.createDirectory(folder);
        const bytes = await write(fileOf(id), report);
        return { after: bounded([{ ...entry, bytes }, ...before]), result: entry };
      }),
    rename: (id, name) =>
      change((before) => {
        const after = before.map((one) => (one.id === id ? { ...one, name: name.slice(0, LONGEST_NAME) } : one));
        return Promise.resolve({ after, result: undefined });
      }),
    remove: (id) =>
      change((before) => Promise.resolve({ after: before.filter((one) => one.id !== id), result: undefined })),
    onDidChange: changed.event,
    dispose: () => changed.dispose(),
  };
}

/** The newest that fit; the newest itself always. */
function bounded(entries: readonly Entry[]): readonly Entry[] {
  let bytes = 0;
  return entries.slice(0, MOST_RUNS).filter((entry, at) => (bytes += entry.bytes) <= MOST_BYTES || at === 0);
}

/** `resnet20()`, `resnet20() 2`. */
function nameOf(model: string, report: ProfileReport, before: readonly Entry[]): string {
  const base = `${model.slice(0, LONGEST_NAME - 12)}${report.blocks.some(({ gradient }) => gradient) ? '' : ', forward'}`;
  const taken = new Set(before.map(({ name }) => name));
  if (!taken.has(base)) return base;
  let number = 2;
  while (taken.has(`${base} ${number}`)) number++;
  return `${base} ${number}`;
}

/** What tells runs of one model apart. */
function shortly(report: ProfileReport): string {
  const [backend] = conditionsOf(report);
  const { batch, mode, ablations } = report;
  const against = ablations.length ? [`with ${ablations.map(({ kind }) => ablationName(kind)).join(', ')}`] : [];
  return [backend, mode, `batch ${batch}`, weightsOf(report), ...against].join(' · ');
}
