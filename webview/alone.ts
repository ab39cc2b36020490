/** In place of VS Code where the page is a file of its own: gives the panel its graph when it is ready, and hears no more. */

import type { HostMessage, ModelDocument, PanelMessage, PanelState } from '../src/protocol/messages.ts';

/** What the panel wants of VS Code. */
export interface VsCodeApi {
  postMessage(message: PanelMessage): void;
  getState(): PanelState | undefined;
  setState(state: PanelState): void;
}

/** Null in VS Code, whose page holds no graph. */
export function findAlone(): VsCodeApi | null {
  const graph = document.getElementById('graph');
  if (!graph) return null;
  const read = <T>(element: HTMLElement): T => JSON.parse(element.textContent) as T;
  const dark = matchMedia('(prefers-color-scheme: dark)');
  const colour = (): void => void (document.body.className = dark.matches ? 'vscode-dark' : 'vscode-light');
  dark.addEventListener('change', colour);
  colour();
  let kept = read<PanelState | null>(document.getElementById('opened')!) ?? undefined;
  return {
    getState: () => kept,
    setState: (state) => void (kept = state),
    postMessage({ type }) {
      if (type !== 'ready') return;
      const shown = { type: 'show', revision: 1, document: read<ModelDocument>(graph) } satisfies HostMessage;
      window.postMessage(shown, '*');
    },
  };
}
