/** The panel's end of the connection to the extension host: typed messages and the state that VS Code keeps. */

import type { HostMessage, PanelMessage, PanelState } from '../src/protocol/messages.ts';
import { fromWire, toWire } from '../src/protocol/wire.ts';
import type { VsCodeApi } from './alone.ts';
import { findAlone } from './alone.ts';

declare function acquireVsCodeApi(): VsCodeApi;

const api = findAlone() ?? acquireVsCodeApi();

export const EMPTY_STATE: PanelState = {
  version: 1,
  uri: null,
  model: null,
  expanded: [],
  selected: null,
  view: null,
  paths: false,
  minimap: true,
  outline: false,
};

export const send = (message: PanelMessage): void => api.postMessage(toWire(message) as PanelMessage);

/** The state of the last time, unless an older version of the panel wrote it. */
export const restoreState = (): PanelState => {
  const state = api.getState();
  return state?.version === 1 ? { ...EMPTY_STATE, ...state } : EMPTY_STATE;
};

export const keepState = (state: PanelState): void => api.setState(state);

export function onHostMessage(receive: (message: HostMessage) => void): void {
  addEventListener('message', (event: MessageEvent<unknown>) => receive(fromWire(event.data) as HostMessage));
}
