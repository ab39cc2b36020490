/** Messages between the extension host and the panel: one union per direction. Everything is plain, cloneable data. */

import type { ResidualBlock, GraphCost } from '../analysis/types.ts';
import type { Diagnostic, Location } from '../ir/diagnostic.ts';
import type { Graph } from '../ir/graph.ts';
import type { DeepMeasure, ProfileOptions, ProfileReport, TensorMap } from '../profile/types.ts';

/** A traced model, ready to be drawn. */
export interface ModelDocument {
  /** URI of the source file. */
  readonly uri: string;
  /** Short file name for the title. */
  readonly title: string;
  /** False where no editor can show what it was read from, as with ONNX. */
  readonly hasSource: boolean;
  /** The traced expression, and the others that the file offers. */
  readonly model: string;
  readonly candidates: readonly string[];
  readonly graph: Graph;
  readonly blocks: readonly ResidualBlock[];
  readonly cost: GraphCost;
  readonly diagnostics: readonly Diagnostic[];
  /** Present while the document is compared with something. */
  readonly against?: Baseline;
}

/** What a document is compared with: the old one of the two. */
export interface Baseline {
  readonly spec: BaselineSpec;
  /** Names it in the panel: `HEAD`, `resnet18()`, `other.onnx`. */
  readonly title: string;
  readonly model: string;
  readonly graph: Graph;
  readonly blocks: readonly ResidualBlock[];
  readonly cost: GraphCost;
  /** What the user has to know of it: which files are of the working copy after all. */
  readonly notes: readonly string[];
}

/** How to find a baseline again after a reload. */
export type BaselineSpec =
  | { readonly kind: 'revision'; readonly revision: string; readonly title: string }
  /** One model of a file; null for the file's own choice. */
  | { readonly kind: 'model'; readonly uri: string; readonly model: string | null; readonly title: string };

/** What the user may compare a document with. */
export type ComparedWith = 'head' | 'revision' | 'model' | 'file';

export type BackendChoice = 'auto' | 'webgpu' | 'wasm';

/** What the user wants measured. */
export interface ProfileChoice {
  /** The changed networks beside the model, as the command line spells them: `plain`, `scaled:0.5`, `lesion:layer1.0`. */
  readonly ablations: readonly string[];
  /** Draws of the weights, and samples; 0 leaves them to Skipscope. */
  readonly seeds: number;
  readonly batch: number;
  readonly mode: 'train' | 'calibrated-eval';
  /** Costly measurements. */
  readonly deep: readonly DeepMeasure[];
  /** Instead of drawing the weights. */
  readonly weights: WeightsChoice | null;
}

/** A file of weights, and its name without folders. */
export interface WeightsChoice {
  readonly uri: string;
  readonly name: string;
}

/** A profile that is kept, without its numbers. */
export interface RunSummary {
  readonly id: string;
  readonly name: string;
  /** URI of the source file, its short name, and the model's expression. */
  readonly uri: string;
  readonly file: string;
  readonly model: string;
  /** Milliseconds since 1970. */
  readonly time: number;
  /** One line: backend, batch, draws, mode, what it was compared with. */
  readonly conditions: string;
}

/** How a profile that runs elsewhere goes on. `refused`: on no backend. `backend`: this one failed, another may do. */
export type ProfileEvent =
  | { readonly type: 'progress'; readonly text: string; readonly fraction: number }
  | { readonly type: 'done'; readonly report: ProfileReport }
  | { readonly type: 'failed'; readonly kind: 'refused' | 'backend'; readonly reason: string };

/** What a file of weights holds for a graph. Entries of a {@link TensorMap}: they survive JSON with array buffers in it. */
export interface GivenWeights {
  /** Name of the file, for the report. */
  readonly file: string;
  readonly tensors: readonly (TensorMap extends ReadonlyMap<infer K, infer V> ? readonly [K, V] : never)[];
}

export type HostMessage =
  /** Draw this. `revision` grows with every trace. */
  | { readonly type: 'show'; readonly revision: number; readonly document: ModelDocument }
  /** The source is broken or being traced; the last good graph stays. */
  | { readonly type: 'status'; readonly state: 'tracing' | 'stale' | 'fresh' | 'failed'; readonly text: string }
  /** The panel stays with its model, or follows the editor; null where it can only stay: it is a file's own editor. */
  | { readonly type: 'lock'; readonly locked: boolean | null }
  /** The editor's cursor is in this place. */
  | { readonly type: 'reveal'; readonly location: Location }
  | {
      readonly type: 'profile';
      readonly id: number;
      readonly options: ProfileOptions;
      readonly graph: Graph;
      readonly blocks: readonly ResidualBlock[];
      /** Read from a file; null where they are drawn. */
      readonly weights: GivenWeights | null;
      readonly backend: BackendChoice;
      /** Use a software WebGPU adapter too; for tests. */
      readonly allowSoftware: boolean;
      /** The extension host can run it on several threads; a panel without a GPU hands it over. */
      readonly canHandOver: boolean;
    }
  | { readonly type: 'cancelProfile'; readonly id: number }
  /** A profile that was handed over. */
  | { readonly type: 'profileEvent'; readonly id: number; readonly event: ProfileEvent }
  /** The runs that are kept, newest first, and what is measured unless the user says otherwise. */
  | { readonly type: 'runs'; readonly runs: readonly RunSummary[]; readonly choice: ProfileChoice }
  /** Show a kept run, or lay it over the one that is shown. */
  | { readonly type: 'report'; readonly run: string; readonly report: ProfileReport; readonly overlay: boolean }
  /** The user chose this file. */
  | { readonly type: 'weightsChosen'; readonly weights: WeightsChoice }
  /** Turn a picture into pixels: only a page can. */
  | { readonly type: 'rasterise'; readonly id: number; readonly svg: string; readonly scale: number };

export type PanelMessage =
  | { readonly type: 'ready' }
  /** `focus`: the user goes there; otherwise the editor only shows the place, if the user wants that. */
  | {
      readonly type: 'openSource';
      readonly location: Location;
      readonly focus: boolean;
      /** The place is in what the document is compared with. */
      readonly isOld?: boolean;
    }
  /** Compare the document with something that the user chooses; null goes back to the document alone. */
  | { readonly type: 'compare'; readonly with: ComparedWith | null }
  | { readonly type: 'selectModel'; readonly model: string }
  /** Stay with this model, or follow the editor. */
  | { readonly type: 'setLock'; readonly locked: boolean }
  | { readonly type: 'requestProfile'; readonly gradients: boolean; readonly choice?: ProfileChoice }
  /** The user wants to choose a file of weights. */
  | { readonly type: 'chooseWeights' }
  /** There is no GPU to use here, for this reason (null: none was asked for): the extension host is to run it. */
  | { readonly type: 'profileHandedOver'; readonly id: number; readonly reason: string | null }
  | { readonly type: 'openRun'; readonly run: string; readonly overlay: boolean }
  | { readonly type: 'renameRun'; readonly run: string; readonly name: string }
  | { readonly type: 'deleteRun'; readonly run: string }
  /** Save the plots of these runs, and of the block whose sizes are shown; null figures for all of them. */
  | {
      readonly type: 'exportProfile';
      readonly runs: readonly string[];
      readonly figures: readonly string[] | null;
      readonly block: string | null;
    }
  /** Save the drawing, with these groups open. */
  | { readonly type: 'exportGraph'; readonly expanded: readonly string[] }
  | { readonly type: 'rasterised'; readonly id: number; readonly png: ArrayBuffer | null }
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
  /** The panel stays with its model. */
  readonly locked?: boolean;
  /** What the model is compared with. */
  readonly against?: BaselineSpec | null;
  readonly expanded: readonly string[];
  readonly selected: string | null;
  readonly view: { readonly x: number; readonly y: number; readonly scale: number } | null;
  /** The paths through the selection are lit. */
  readonly paths: boolean;
  readonly minimap: boolean;
  /** Two networks are drawn side by side, and not in one drawing. */
  readonly sideBySide?: boolean;
  /** The outline stands beside the drawing. */
  readonly outline: boolean;
  /** How the profile is shown; absent before it was. */
  readonly profile?: ProfileViewState;
}

export interface ProfileViewState {
  /** Share of the panel's height. */
  readonly height: number;
  readonly table: boolean;
  readonly runs: boolean;
  readonly choice: ProfileChoice | null;
}
