/** The line under the bar: what stands between the source and the drawing. */

import type { TemplateResult } from 'lit';
import { html } from 'lit';
import type { HostMessage } from '../src/protocol/messages.ts';

type Status = Extract<HostMessage, { type: 'status' }>;

/** @param isDrawn where nothing is drawn, only a failure is said here */
export function bannerView(status: Status | null, isDrawn: boolean): TemplateResult {
  const texts = {
    tracing: ({ text }: Status) => text || 'Reading the model…',
    stale: ({ text }: Status) => `The source has an error; this is the last good graph. ${text}`,
    failed: ({ text }: Status) => text || 'The model cannot be read.',
    fresh: () => '',
  };
  const text = status && (isDrawn || status.state === 'failed') ? texts[status.state](status) : '';
  return html`<div class="banner ${status?.state ?? 'fresh'}" role="status" ?hidden=${!text}>${text}</div>`;
}
