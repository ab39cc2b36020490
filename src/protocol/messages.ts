/** Messages between the extension host and the panel: one union per direction. Everything is plain, cloneable data. */

import type { ResidualBlock, GraphCost } from '../analysis/types.ts';
import type { Diagnostic, Location } from '../ir/diagnostic.ts';
import type { Graph } from '../ir/graph.ts';
import type { ProfileOptions, ProfileReport } from '../profile/types.ts';

/** A traced model, ready to be drawn. */
export interface ModelDocument {
  /** URI of the source file. */
  readonly uri: string;
  /** Short file name for the title. */
  readonly title: string;
  /** The traced expression, and the others that the file offers. */
  readonly model: string;
  readonly candidates: readonly string[];
  readonly graph: Graph;
  readonly blocks: readonly ResidualBlock[];
  readonly cost: GraphCost;
  readonly diagnostics: readonly Diagnostic[];
}

export type BackendChoice = 'auto' | 'webgpu' | 'wasm';

export type HostMessage =
  /** Draw this. `revision` grows with every trace. */
  | { readonly type: 'show'; readonly revision: number; readonly document: ModelDocument }
  /** The source is broken or being traced; the last good graph stays. */
  | { readonly type: 'status'; readonly state: 'tracing' | 'stale' | 'fresh' | 'failed'; readonly text: string }
  /** The editor's cursor is in this place. */
  | { readonly type: 'reveal'; readonly location: Location }
  | {
      readonly type: 'profile';
      readonly id: number;
      readonly options: ProfileOptions;
      /** For each ablation in turn after the network itself, for example the plain twin. */
      readonly graph: Graph;
      readonly blocks: readonly ResidualBlock[];
      readonly backend: BackendChoice;
      /** Use a software WebGPU adapter too; for tests. */
      readonly allowSoftware: boolean;
    }
  | { readonly type: 'cancelProfile'; readonly id: number }
  /** The last report on the model that is shown, for a panel that was hidden and has come back. */
  | { readonly type: 'report'; readonly report: ProfileReport };

export type PanelMessage =
  | { readonly type: 'ready' }
  /** `focus`: the user goes there; otherwise the editor only shows the place, if the user wants that. */
  | { readonly type: 'openSource'; readonly location: Location; readonly focus: boolean }
  | { readonly type: 'selectModel'; readonly model: string }
  | { readonly type: 'requestProfile'; readonly gradients: boolean }
  | { readonly type: 'profileProgress'; readonly id: number; readonly text: string; readonly fraction: number }
  | { readonly type: 'profileDone'; readonly id: number; readonly report: ProfileReport }
  | { readonly type: 'profileFailed'; readonly id: number; readonly reason: string; readonly cancelled: boolean }
  /** What the panel has drawn, for tests and for the status bar. */
  | {
      readonly type: 'drawn';
      readonly revision: number;
      readonly nodes: number;
      readonly skips: number;
      readonly milliseconds: number;
    };

/** The panel's view state, kept across reloads by VS Code. */
export interface PanelState {
  readonly version: 1;
  readonly uri: string | null;
  readonly model: string | null;
  readonly expanded: readonly string[];
  readonly selected: string | null;
  readonly view: { readonly x: number; readonly y: number; readonly scale: number } | null;
}
