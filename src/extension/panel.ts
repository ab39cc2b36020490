/** The preview panel: a webview beside the editor that shows one model at a time and follows the active editor. */

import { randomBytes } from 'node:crypto';
import * as vscode from 'vscode';
import type { Baseline, HostMessage, ModelDocument, PanelMessage, PanelState } from '../protocol/messages.ts';
import { panelHtml } from '../protocol/page.ts';
import { fileOf, fromRange, uriOf } from './locations.ts';
import { mayHoldModels, type Models } from './models.ts';
import { readSettings } from './settings.ts';
import { showSource } from './showSource.ts';
import type { Traced } from './tracing.ts';

export type Drawn = Extract<PanelMessage, { type: 'drawn' }>;

const viewType = 'skipscope.preview';

export interface Preview extends vscode.Disposable {
  /** Shows a model of a document, null for the file's own choice. Opens the panel beside; the editor keeps the focus. */
  open(document: vscode.TextDocument, model: string | null): Promise<Traced | null>;
  /** What a document is compared with from now on, and for which model of it (null: any); null for nothing. */
  compare(against: { uri: vscode.Uri; model: string | null; baseline: Baseline } | null): void;
  /** What is shown: the document and the newest trace of it that has a graph. */
  shown(): { readonly uri: vscode.Uri; readonly traced: Traced | null } | null;
  /** Resolves when the panel is ready for messages. */
  whenReady(): Promise<void>;
  /** Resolves when the newest trace of the document has been drawn. */
  whenDrawn(uri: vscode.Uri): Promise<Drawn>;
  /** False when there is no panel to receive it. */
  post(message: HostMessage): Promise<boolean>;
  /** The bytes of a PNG, made by the panel; null where there is none to make it. `scale`: pixels for each of the SVG's. */
  rasterise(svg: string, scale: number): Promise<Uint8Array | null>;
  readonly onMessage: vscode.Event<PanelMessage>;
  /** Fires when the panel is closed or hidden: whatever it was computing is gone. */
  readonly onGone: vscode.Event<void>;
}

/** Null without a graph. */
export const documentOf = ({ uri, result, analysis, findings }: Traced): ModelDocument | null =>
  result.graph && analysis && result.model !== null
    ? {
        uri: uri.toString(),
        title: uri.path.slice(uri.path.lastIndexOf('/') + 1),
        model: result.model,
        candidates: result.candidates.filter(({ buildable }) => buildable).map(({ expression }) => expression),
        graph: result.graph,
        blocks: analysis.blocks,
        cost: analysis.cost,
        diagnostics: [...result.diagnostics, ...findings],
      }
    : null;

/** The first error of a trace without a graph, for the panel's status line. */
const reasonOf = ({ result }: Traced): string => {
  const error = result.diagnostics.find(({ severity }) => severity === 'error') ?? result.diagnostics[0];
  return error ? `line ${error.range.start.line + 1}: ${error.message}` : 'no model was found in this file';
};

export const createPreview = (context: vscode.ExtensionContext, models: Models): Preview => {
  const messages = new vscode.EventEmitter<PanelMessage>();
  const gone = new vscode.EventEmitter<void>();
  const drawn = new vscode.EventEmitter<Drawn>();

  let panel: vscode.WebviewPanel | null = null;
  let ready = false;
  let uri: vscode.Uri | null = null;
  /** The last trace with a graph: it stays while the source is broken. */
  let good: Traced | null = null;
  let against: Parameters<Preview['compare']>[0] = null;
  let revision = 0;
  let pictures = 0;
  let last: Drawn | null = null;

  const post = async (message: HostMessage): Promise<boolean> =>
    panel !== null && ready && (await panel.webview.postMessage(message));

  const show = (): void => {
    const alone = good && documentOf(good);
    if (!alone || !panel) return;
    const isCompared =
      against?.uri.toString() === alone.uri && (against.model === null || against.model === alone.model);
    const document: ModelDocument = isCompared ? { ...alone, against: against!.baseline } : alone;
    panel.title = `${document.title}: ${document.model}`;
    void post({ type: 'show', revision: ++revision, document });
  };

  const tellState = (): void => {
    const file = uri && models.of(uri);
    const newest = file?.primary;
    if (!file || !newest || newest.version !== file.version) {
      // A graph that is there already stays as it is while the next one is traced: no flicker at every keystroke.
      if (!good) void post({ type: 'status', state: 'tracing', text: '' });
    } else if (newest.result.graph) {
      void post({ type: 'status', state: 'fresh', text: '' });
    } else {
      void post({ type: 'status', state: good ? 'stale' : 'failed', text: reasonOf(newest) });
    }
  };

  const update = (changed: vscode.Uri): void => {
    if (!panel || changed.toString() !== uri?.toString()) return;
    const newest = models.of(uri)?.primary;
    if (newest?.result.graph && newest !== good) {
      good = newest;
      show();
    }
    tellState();
  };

  const turnTo = (document: vscode.TextDocument): void => {
    if (uri?.toString() === document.uri.toString()) return;
    uri = document.uri;
    good = null;
    last = null;
  };

  const openSource = async (message: Extract<PanelMessage, { type: 'openSource' }>): Promise<void> => {
    // Places in what the document is compared with are not of its files.
    if (!uri || message.isOld) return;
    await showSource(uriOf(message.location.file, uri), message);
  };

  const receive = (message: PanelMessage): void => {
    switch (message.type) {
      case 'ready':
        ready = true;
        show();
        tellState();
        break;
      case 'drawn':
        last = message;
        drawn.fire(message);
        break;
      case 'openSource':
        void openSource(message);
        break;
      case 'selectModel':
        if (uri) {
          void vscode.workspace.openTextDocument(uri).then((document) => models.focus(document, message.model));
        }
        break;
      case 'requestProfile':
        if (uri) {
          const command = message.gradients ? 'profileGradientFlow' : 'profileForward';
          void vscode.commands.executeCommand(
            `skipscope.${command}`,
            uri,
            good?.result.model ?? undefined,
            message.choice,
          );
        }
        break;
      case 'exportGraph': {
        const model = good?.result.model ?? undefined;
        if (uri) void vscode.commands.executeCommand('skipscope.exportGraph', uri, model, undefined, message.expanded);
        break;
      }
      case 'exportProfile':
        void vscode.commands.executeCommand('skipscope.exportProfile', message);
        break;
    }
    messages.fire(message);
  };

  const adopt = (created: vscode.WebviewPanel): void => {
    panel = created;
    ready = false;
    const assets = vscode.Uri.joinPath(context.extensionUri, 'dist', 'webview');
    created.webview.options = { enableScripts: true, localResourceRoots: [assets] };
    created.iconPath = {
      light: vscode.Uri.joinPath(context.extensionUri, 'media', 'preview-light.svg'),
      dark: vscode.Uri.joinPath(context.extensionUri, 'media', 'preview-dark.svg'),
    };
    created.webview.onDidReceiveMessage(receive);
    created.onDidChangeViewState(() => {
      if (created.visible) return;
      // A hidden webview is thrown away; it says `ready` again when it comes back.
      ready = false;
      gone.fire();
    });
    created.onDidDispose(() => {
      panel = null;
      ready = false;
      uri = null;
      good = null;
      last = null;
      gone.fire();
    });
    const served = (name: string): string =>
      created.webview.asWebviewUri(vscode.Uri.joinPath(assets, ...name.split('/'))).toString();
    created.webview.html = panelHtml({
      cspSource: created.webview.cspSource,
      nonce: randomBytes(16).toString('hex'),
      scriptUri: served('panel.js'),
      styleUri: served('panel.css'),
      assetsBase: served(''),
    });
  };

  const open = async (document: vscode.TextDocument, model: string | null): Promise<Traced | null> => {
    turnTo(document);
    if (!panel) {
      adopt(
        vscode.window.createWebviewPanel(
          viewType,
          'Skipscope',
          { viewColumn: vscode.ViewColumn.Beside, preserveFocus: true },
          {},
        ),
      );
    } else if (!panel.visible) {
      panel.reveal(undefined, true);
    }
    const traced = await models.focus(document, model);
    update(document.uri);
    return traced;
  };

  const follow = (editor: vscode.TextEditor | undefined): void => {
    if (!panel?.visible || !editor || !mayHoldModels(editor.document)) return;
    if (editor.document.uri.toString() === uri?.toString()) return;
    turnTo(editor.document);
    update(editor.document.uri);
    if (!models.of(editor.document.uri)) void models.refresh(editor.document);
  };

  const subscriptions = [
    messages,
    gone,
    drawn,
    models.onDidChange(update),
    vscode.window.onDidChangeActiveTextEditor(follow),
    vscode.window.onDidChangeTextEditorSelection(({ textEditor, selections }) => {
      const selection = selections[0];
      if (!uri || !selection || textEditor.document.languageId !== 'python') return;
      if (!readSettings().followCursor) return;
      void post({
        type: 'reveal',
        location: { file: fileOf(textEditor.document.uri), range: fromRange(selection) },
      });
    }),
    vscode.window.registerWebviewPanelSerializer(viewType, {
      deserializeWebviewPanel: async (restored, state: PanelState | undefined) => {
        adopt(restored);
        if (!state?.uri) return;
        const document = await vscode.workspace.openTextDocument(vscode.Uri.parse(state.uri));
        await open(document, state.model);
      },
    }),
  ];

  return {
    open,
    post,
    compare: (next) => {
      against = next;
      show();
    },
    shown: () => (uri ? { uri, traced: good } : null),
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
        const listening = messages.event(({ type }) => {
          if (type !== 'ready') return;
          listening.dispose();
          resolve();
        });
      }),
    whenDrawn: (wanted) =>
      new Promise((resolve) => {
        const look = (): boolean => {
          const file = models.of(wanted);
          const current = uri?.toString() === wanted.toString() && good?.version === file?.version;
          if (!current || last?.revision !== revision) return false;
          resolve(last);
          return true;
        };
        if (look()) return;
        const listening = drawn.event(() => {
          if (look()) listening.dispose();
        });
      }),
    dispose: () => {
      panel?.dispose();
      for (const subscription of subscriptions) subscription.dispose();
    },
  };
};
