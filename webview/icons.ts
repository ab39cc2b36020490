/** Small pictures on buttons, drawn in the colour of the text. */

import type { TemplateResult } from 'lit';
import { html } from 'lit';

const PATHS = {
  search: 'M7 2.5a4.5 4.5 0 1 1 0 9a4.5 4.5 0 0 1 0-9M10.3 10.3L14 14',
  tree: 'M2 3h4M5 7.5h4M5 12h4M3.5 3v9h1.5M3.5 7.5h1.5M12 7.5h2M12 12h2M9 3h5',
  lock: 'M4 7.5h8v6H4zM5.5 7.5V5a2.5 2.5 0 0 1 5 0v2.5',
  unlock: 'M4 7.5h8v6H4zM5.5 7.5V5a2.5 2.5 0 0 1 4.8-1',
  more: 'M3.5 8h.01M8 8h.01M12.5 8h.01',
  close: 'M4 4l8 8M12 4l-8 8',
  up: 'M8 13V3.5M4 7l4-4l4 4',
  down: 'M8 3v9.5M4 9l4 4l4-4',
  copy: 'M5.5 5.5h7v8h-7zM3.5 11V3h7',
  paths: 'M4 3v3q0 3 4 3t4 3v1M4 13v-1q0-3 4-3M12 3v1q0 5-4 5',
} as const;

export type IconName = keyof typeof PATHS;

export const icon = (name: IconName): TemplateResult =>
  html`<svg class="icon-${name}" width="16" height="16" viewBox="0 0 16 16" aria-hidden="true">
    <path d=${PATHS[name]} />
  </svg>`;
