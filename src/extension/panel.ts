/** One panel: a webview that shows one model at a time, and what it knows of it. */

import { randomBytes } from 'node:crypto';
import * as vscode from 'vscode';
import type { Baseline, HostMessage, ModelDocument, PanelMessage } from '../protocol/messages.ts';
import { panelHtml } from '../protocol/page.ts';
import { fromWire, toWire } from '../protocol/wire.ts';
import { nameOf, uriOf } from './locations.ts';
import type { FileModels, Models } from './models.ts';
import { isOnnxUri, type ModelSource, openSource } from './modelSource.ts';
import { showSource } from './showSource.ts';
import type { Traced } from './tracing.ts';

export type Drawn = Extract<PanelMessage, { type: 'drawn' }>;

/** What the old side of a comparison is for: one model of the document, or (null) whichever it shows. */
export interface Against {
  readonly uri: vscode.Uri;
  readonly model: string | null;
  readonly baseline: Baseline;
}

export interface Panel {
  /** Shows a model of a file from now on, null for the file's own choice. */
  turnTo(source: ModelSource, model: string | null): Promise<Traced | null>;
  /** Says why there is nothing to show. */
  fail(reason: string): void;
  /** Compares the document from now on; null for nothing. */
  compare(against: Against | null): void;
  /** What is shown: the file, the newest trace of it that has a graph, and the model that was asked for. */
  shown(): { readonly uri: vscode.Uri; readonly traced: Traced | null; readonly wanted: string | null } | null;
  /** Null for a file's own editor, which shows nothing else. */
  readonly isLocked: boolean | null;
  lock(locked: boolean): void;
  readonly isVisible: boolean;
  /** Brings it to the front; the editor keeps the focus. */
  reveal(): void;
  /** False while the drawing is of another text of this very document: what stands in its lines has moved. */
  isDrawnFrom(document: vscode.TextDocument): boolean;
  /** Resolves when the panel is ready for messages. */
  whenReady(): Promise<void>;
  /** How the newest trace of its file was drawn; null as long as it is not. */
  drawn(): Drawn | null;
  /** False when there is nobody to receive it. */
  post(message: HostMessage): Promise<boolean>;
  /** The bytes of a PNG, made by the page; null when it is hidden. `scale`: pixels for each of the SVG's. */
  rasterise(svg: string, scale: number): Promise<Uint8Array | null>;
  readonly onMessage: vscode.Event<PanelMessage>;
  /** Fires when it is closed or hidden: whatever it was computing is gone. */
  readonly onGone: vscode.Event<void>;
  close(): void;
}

/** Null without a graph. */
export const documentOf = ({ uri, result, analysis, findings }: Traced): ModelDocument | null =>
  result.graph && analysis && result.model !== null
    ? {
        uri: uri.toString(),
        title: nameOf(uri),
        hasSource: !isOnnxUri(uri),
        model: result.model,
        candidates: result.candidates.filter(({ buildable }) => buildable).map(({ expression }) => expression),
        graph: result.graph,
        blocks: analysis.blocks,
        cost: analysis.cost,
        diagnostics: [...result.diagnostics, ...findings],
      }
    : null;

/** The first error of a trace without a graph, for the panel's status line. */
const reasonOf = ({ uri, result }: Traced): string => {
  const error = result.diagnostics.find(({ severity }) => severity === 'error') ?? result.diagnostics[0];
  if (!error) return 'no model was found in this file';
  return isOnnxUri(uri) ? error.message : `line ${error.range.start.line + 1}: ${error.message}`;
};

/** The trace that a panel which wants this model is to show: that of the model, or else why the file has none. */
const newestOf = ({ version, primary, traced }: FileModels, wanted: string | null): Traced | null => {
  if (wanted === null || primary?.result.model === wanted) return primary;
  const own = traced.get(wanted) ?? null;
  // In a file that cannot be read, what is known of its models is of an older text.
  return own?.version === version || primary?.result.graph ? own : primary;
};

export interface PanelOptions {
  readonly extensionUri: vscode.Uri;
  readonly models: Models;
  /** As in {@link Panel.isLocked}. */
  readonly isLocked: boolean | null;
}

/** @param view new or restored, and without a page yet; the panel goes with it */
export function createPanel(view: vscode.WebviewPanel, { extensionUri, models, isLocked }: PanelOptions): Panel {
  const messages = new vscode.EventEmitter<PanelMessage>();
  const gone = new vscode.EventEmitter<void>();

  let ready = false;
  let uri: vscode.Uri | null = null;
  let wanted: string | null = null;
  /** The model that was asked for last, by file: following the editor back to a file finds it again. */
  const chosen = new Map<string, string>();
  let watching: vscode.Disposable | null = null;
  /** The last trace with a graph: it stays while the source is broken. */
  let good: Traced | null = null;
  let failure: string | null = null;
  let against: Against | null = null;
  let locked = isLocked;
  let revision = 0;
  let pictures = 0;
  let last: Drawn | null = null;

  const post = async (message: HostMessage): Promise<boolean> =>
    ready && (await view.webview.postMessage(toWire(message)));

  const retitle = (): void => {
    if (!good || locked === null) return;
    const title = `${nameOf(good.uri)}: ${good.result.model}`;
    view.title = locked ? `[${title}]` : title;
  };

  const show = (): void => {
    const alone = good && documentOf(good);
    if (!alone) return;
    const isCompared =
      against?.uri.toString() === alone.uri && (against.model === null || against.model === alone.model);
    const document: ModelDocument = isCompared ? { ...alone, against: against!.baseline } : alone;
    retitle();
    void post({ type: 'show', revision: ++revision, document });
  };

  const tellState = (): void => {
    const file = uri && models.of(uri);
    const newest = file && newestOf(file, wanted);
    if (failure !== null) {
      void post({ type: 'status', state: 'failed', text: failure });
    } else if (!file || !newest || newest.version !== file.version) {
      // A graph that is there already stays as it is while the next one is traced: no flicker at every keystroke.
      if (!good) void post({ type: 'status', state: 'tracing', text: '' });
    } else if (newest.result.graph) {
      void post({ type: 'status', state: 'fresh', text: '' });
    } else {
      void post({ type: 'status', state: good ? 'stale' : 'failed', text: reasonOf(newest) });
    }
  };

  const update = (changed: vscode.Uri): void => {
    if (changed.toString() !== uri?.toString()) return;
    const file = models.of(uri);
    const newest = file && newestOf(file, wanted);
    if (newest?.result.graph && newest !== good) {
      good = newest;
      show();
    }
    tellState();
  };

  const turnTo = async (source: ModelSource, model: string | null): Promise<Traced | null> => {
    const key = source.uri.toString();
    if (uri?.toString() !== key) {
      good = null;
      last = null;
    }
    uri = source.uri;
    if (model !== null) chosen.set(key, model);
    wanted = model ?? chosen.get(key) ?? null;
    failure = null;
    watching?.dispose();
    watching = models.watch(uri, wanted);
    const traced = await models.look(source, wanted);
    update(source.uri);
    return traced;
  };

  const lock = (next: boolean): void => {
    if (locked === null) return;
    locked = next;
    retitle();
    void post({ type: 'lock', locked });
  };

  /** Runs a command on what is shown. */
  const run = (command: string, ...more: readonly unknown[]): void => {
    if (uri) void vscode.commands.executeCommand(`skipscope.${command}`, uri, good?.result.model ?? undefined, ...more);
  };

  const receive = (message: PanelMessage): void => {
    switch (message.type) {
      case 'ready':
        ready = true;
        void post({ type: 'lock', locked });
        show();
        tellState();
        break;
      case 'drawn':
        last = message;
        break;
      case 'openSource':
        // Places in what the document is compared with are not of its files; an ONNX file has none.
        if (uri && !message.isOld && !isOnnxUri(uri)) void showSource(uriOf(message.location.file, uri), message);
        break;
      case 'selectModel':
        if (uri) void openSource(uri).then((source) => turnTo(source, message.model));
        break;
      case 'requestProfile':
        run(message.gradients ? 'profileGradientFlow' : 'profileForward', message.choice);
        break;
      case 'exportGraph':
        run('exportGraph', undefined, message.expanded);
        break;
      case 'exportProfile':
        void vscode.commands.executeCommand('skipscope.exportProfile', message);
        break;
    }
    messages.fire(message);
  };

  const listening = models.onDidChange(update);
  view.webview.onDidReceiveMessage((message: unknown) => receive(fromWire(message) as PanelMessage));
  view.onDidChangeViewState(() => {
    if (view.visible) return;
    // A hidden webview is thrown away; it says `ready` again when it comes back.
    ready = false;
    gone.fire();
  });
  view.onDidDispose(() => {
    ready = false;
    watching?.dispose();
    listening.dispose();
    gone.fire();
    for (const emitter of [messages, gone]) emitter.dispose();
  });
  load(view, extensionUri);

  return {
    turnTo,
    fail: (reason) => {
      failure = reason;
      tellState();
    },
    compare: (next) => {
      against = next;
      show();
    },
    shown: () => uri && { uri, traced: good, wanted },
    get isLocked() {
      return locked;
    },
    lock,
    get isVisible() {
      return view.visible;
    },
    isDrawnFrom: (document) => document.uri.toString() !== good?.uri.toString() || document.version === good.version,
    reveal: () => {
      if (!view.visible) view.reveal(undefined, true);
    },
    post,
    rasterise: (svg, scale) =>
      new Promise((resolve) => {
        const id = ++pictures;
        const finish = (png: ArrayBuffer | null): void => {
          for (const subscription of waiting) subscription.dispose();
          resolve(png && new Uint8Array(png));
        };
        const waiting = [
          messages.event((message) => {
            if (message.type === 'rasterised' && message.id === id) finish(message.png);
          }),
          gone.event(() => finish(null)),
        ];
        void post({ type: 'rasterise', id, svg, scale }).then((received) => {
          if (!received) finish(null);
        });
      }),
    onMessage: messages.event,
    onGone: gone.event,
    whenReady: () =>
      new Promise((resolve) => {
        if (ready) return resolve();
        const waiting = messages.event(({ type }) => {
          if (type !== 'ready') return;
          waiting.dispose();
          resolve();
        });
      }),
    drawn: () => (good && good.version === models.of(good.uri)?.version && last?.revision === revision ? last : null),
    close: () => view.dispose(),
  };
}

function load({ webview }: vscode.WebviewPanel, extensionUri: vscode.Uri): void {
  const assets = vscode.Uri.joinPath(extensionUri, 'dist', 'webview');
  webview.options = { enableScripts: true, localResourceRoots: [assets] };
  const served = (name: string): string =>
    webview.asWebviewUri(vscode.Uri.joinPath(assets, ...name.split('/'))).toString();
  webview.html = panelHtml({
    cspSource: webview.cspSource,
    nonce: randomBytes(16).toString('hex'),
    scriptUri: served('panel.js'),
    styleUri: served('panel.css'),
    assetsBase: served(''),
  });
}
