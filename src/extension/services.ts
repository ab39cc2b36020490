/** The parts of the extension that commands work with. */

import type * as vscode from 'vscode';
import type { Comparing } from './comparing.ts';
import type { Models } from './models.ts';
import type { Preview } from './preview.ts';
import type { Profiling } from './profiling.ts';
import type { Runs } from './runs.ts';
import type { Tracing } from './tracing.ts';

export interface Services {
  readonly log: vscode.LogOutputChannel;
  /** What is kept for this workspace from session to session. */
  readonly memory: vscode.Memento;
  readonly tracing: Tracing;
  readonly models: Models;
  readonly preview: Preview;
  readonly comparing: Comparing;
  readonly profiling: Profiling;
  readonly runs: Runs;
}

export interface Command {
  readonly id: string;
  /** `args` come from menus, CodeLenses and other extensions: nothing is known about them. */
  run(services: Services, ...args: unknown[]): unknown;
}
