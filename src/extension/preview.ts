/**
 * The panels beside the editor. At most one of them follows the active editor; the others are locked to their models.
 * The editors of ONNX files are panels too.
 */

import * as vscode from 'vscode';
import type { HostMessage, PanelMessage, PanelState } from '../protocol/messages.ts';
import { fileOf, fromRange, nameOf } from './locations.ts';
import { mayHoldModels, type Models } from './models.ts';
import { type ModelSource, openSource } from './modelSource.ts';
import { createPanel, type Drawn, type Panel } from './panel.ts';
import { readSettings } from './settings.ts';
import type { Traced } from './tracing.ts';

const viewType = 'skipscope.preview';

/** For `when` clauses: true while the panel that the user is in is locked. */
const lockedKey = 'skipscope.isLocked';

export interface Opened {
  readonly panel: Panel;
  readonly traced: Traced | null;
}

export interface Preview extends vscode.Disposable {
  /**
   * Shows a model of a file, null for the file's own choice: in the panel that shows it already, else in the one that
   * follows the editor, else in a new one beside. The editor keeps the focus. `apart`: in a new panel, locked to it.
   */
  open(source: ModelSource, model: string | null, options?: { readonly apart?: boolean }): Promise<Opened>;
  /** The panel that the user is in, or was last. */
  active(): Panel | null;
  /** The panel that shows a file: the active one before others. */
  showing(uri: vscode.Uri): Panel | null;
  /** Locks the active panel to its model, or lets it follow the editor; the one that did so stays where it is. */
  lock(locked: boolean): void;
  /** Takes a webview as the editor of a file. */
  adopt(view: vscode.WebviewPanel): Panel;
  postToAll(message: HostMessage): Promise<void>;
  /** The bytes of a PNG, made by a panel's page; null while none is visible. `scale`: pixels for each of the SVG's. */
  rasterise(svg: string, scale: number): Promise<Uint8Array | null>;
  /** Resolves when a panel has drawn the newest trace of the document. */
  whenDrawn(uri: vscode.Uri): Promise<Drawn>;
  readonly onMessage: vscode.Event<{ readonly panel: Panel; readonly message: PanelMessage }>;
  /** Fires when a panel has come back after a reload of the window, and shows its model. */
  readonly onDidRestore: vscode.Event<{ readonly panel: Panel; readonly state: PanelState }>;
  readonly onDidClose: vscode.Event<Panel>;
}

export const createPreview = ({ extensionUri }: vscode.ExtensionContext, models: Models): Preview => {
  const messages = new vscode.EventEmitter<{ panel: Panel; message: PanelMessage }>();
  const restored = new vscode.EventEmitter<{ panel: Panel; state: PanelState }>();
  const closed = new vscode.EventEmitter<Panel>();
  /** The one that the user was in last comes first. */
  let panels: readonly Panel[] = [];

  const following = (): Panel | undefined => panels.find(({ isLocked }) => isLocked === false);
  const shows = (panel: Panel, uri: vscode.Uri): boolean => panel.shown()?.uri.toString() === uri.toString();
  const showsModel = (panel: Panel, model: string | null): boolean => {
    const shown = panel.shown();
    return model === null || model === (shown?.wanted ?? shown?.traced?.result.model);
  };

  /** The file whose source a panel has shown last: as long as the user stays there, no panel turns to it. */
  let ledTo: string | null = null;

  const tellLock = (): void => {
    void vscode.commands.executeCommand('setContext', lockedKey, panels[0]?.isLocked === true);
  };

  const add = (view: vscode.WebviewPanel, isLocked: boolean | null): Panel => {
    const panel = createPanel(view, { extensionUri, models, isLocked });
    panels = [panel, ...panels];
    view.onDidChangeViewState(() => {
      if (!view.active) return;
      panels = [panel, ...panels.filter((other) => other !== panel)];
      tellLock();
    });
    view.onDidDispose(() => {
      panels = panels.filter((other) => other !== panel);
      tellLock();
      closed.fire(panel);
    });
    panel.onMessage((message) => {
      if (message.type === 'setLock') setLock(panel, message.locked);
      if (message.type === 'openSource') ledTo = message.location.file;
      messages.fire({ panel, message });
    });
    tellLock();
    return panel;
  };

  const addPreview = (view: vscode.WebviewPanel, isLocked: boolean): Panel => {
    const icon = (theme: string): vscode.Uri => vscode.Uri.joinPath(extensionUri, 'media', `preview-${theme}.svg`);
    view.iconPath = { light: icon('light'), dark: icon('dark') };
    return add(view, isLocked);
  };

  const create = (isLocked: boolean): Panel => {
    const where = { viewColumn: vscode.ViewColumn.Beside, preserveFocus: true };
    return addPreview(vscode.window.createWebviewPanel(viewType, 'Skipscope', where, {}), isLocked);
  };

  const setLock = (panel: Panel, locked: boolean): void => {
    if (!locked) following()?.lock(true);
    panel.lock(locked);
    tellLock();
  };

  const open: Preview['open'] = async (source, model, { apart = false } = {}) => {
    const showsIt = apart ? undefined : panels.find((panel) => shows(panel, source.uri) && showsModel(panel, model));
    const panel = showsIt ?? (apart ? create(true) : (following() ?? create(false)));
    panel.reveal();
    // A panel that shows the file's own choice goes on to do so, whichever that is after the next edit.
    return { panel, traced: await panel.turnTo(source, showsIt ? showsIt.shown()!.wanted : model) };
  };

  const follow = (editor: vscode.TextEditor | undefined): void => {
    const panel = following();
    if (editor && fileOf(editor.document.uri) !== ledTo) ledTo = null;
    if (!panel?.isVisible || !editor || ledTo !== null || !mayHoldModels(editor.document)) return;
    if (!shows(panel, editor.document.uri)) void panel.turnTo(editor.document, null);
  };

  const restore = async (view: vscode.WebviewPanel, state: PanelState | undefined): Promise<void> => {
    const panel = addPreview(view, (state?.locked ?? false) || following() !== undefined);
    if (!state?.uri) return;
    const uri = vscode.Uri.parse(state.uri);
    try {
      await panel.turnTo(await openSource(uri), state.model);
      restored.fire({ panel, state });
    } catch {
      panel.fail(`${nameOf(uri)} cannot be opened: it was moved or deleted.`);
    }
  };

  const subscriptions = [
    ...[messages, restored, closed],
    vscode.window.onDidChangeActiveTextEditor(follow),
    vscode.window.onDidChangeTextEditorSelection(({ textEditor, selections }) => {
      const selection = selections[0];
      if (!selection || textEditor.document.languageId !== 'python' || !readSettings().followCursor) return;
      const location = { file: fileOf(textEditor.document.uri), range: fromRange(selection) };
      const told = panels.filter((panel) => panel.isDrawnFrom(textEditor.document));
      for (const panel of told) void panel.post({ type: 'reveal', location });
    }),
    vscode.window.registerWebviewPanelSerializer(viewType, { deserializeWebviewPanel: restore }),
  ];

  const postToAll = async (message: HostMessage): Promise<void> => {
    await Promise.all(panels.map((panel) => panel.post(message)));
  };

  return {
    open,
    active: () => panels[0] ?? null,
    showing: (uri) => panels.find((panel) => shows(panel, uri)) ?? null,
    lock: (locked) => {
      const [panel] = panels;
      if (panel) setLock(panel, locked);
    },
    adopt: (view) => add(view, null),
    postToAll,
    rasterise: async (svg, scale) => {
      for (const panel of panels) {
        const png = await panel.rasterise(svg, scale);
        if (png) return png;
      }
      return null;
    },
    whenDrawn: (uri) =>
      new Promise((resolve) => {
        const look = (): boolean => {
          const drawn = panels.find((panel) => shows(panel, uri) && panel.drawn())?.drawn();
          if (drawn) resolve(drawn);
          return Boolean(drawn);
        };
        if (look()) return;
        const waiting = messages.event(() => {
          if (look()) waiting.dispose();
        });
      }),
    onMessage: messages.event,
    onDidRestore: restored.event,
    onDidClose: closed.event,
    dispose: () => {
      for (const panel of panels) panel.close();
      for (const subscription of subscriptions) subscription.dispose();
    },
  };
};
