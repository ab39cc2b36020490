/** The user's settings, typed and with their defaults. */

import * as vscode from 'vscode';
import type { LintLevel } from '../analysis/lints/index.ts';
import type { BackendChoice } from '../protocol/messages.ts';

export interface Settings {
  readonly backend: BackendChoice;
  /** Seconds. */
  readonly timeLimit: number;
  /** Program that runs the interpreter; '' for the editor's own Node. */
  readonly nodePath: string;
  readonly diagnostics: boolean;
  readonly lints: LintLevel;
  readonly codeLens: boolean;
  /** The panel lights up what the editor's cursor is in. */
  readonly followCursor: boolean;
  /** The editor shows the source of what is selected in the panel. */
  readonly revealSource: boolean;
  /** Samples in a profile's batch; 0 chooses by the model's size. */
  readonly batch: number;
  /** Weight draws of a profile; 0 chooses by the model's size. */
  readonly seeds: number;
  /** What a profile compares the network with, as the command line spells it. */
  readonly ablations: readonly string[];
  /** For tests: take a software WebGPU adapter too. */
  readonly allowSoftware: boolean;
}

export const readSettings = (): Settings => {
  const all = vscode.workspace.getConfiguration('skipscope');
  return {
    backend: all.get<BackendChoice>('backend', 'auto'),
    timeLimit: all.get('trace.timeLimit', 20),
    nodePath: all.get('nodePath', ''),
    diagnostics: all.get('diagnostics.enable', true),
    lints: all.get<LintLevel>('lints', 'warnings'),
    codeLens: all.get('codeLens.enable', true),
    followCursor: all.get('preview.followCursor', true),
    revealSource: all.get('preview.revealSource', true),
    batch: all.get('profile.batch', 0),
    seeds: all.get('profile.seeds', 0),
    ablations: all.get<string[]>('profile.compareWith', ['plain']),
    allowSoftware: all.get('profile.allowSoftwareAdapter', false),
  };
};
