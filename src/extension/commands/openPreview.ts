/** Skipscope: Open Graph Preview. */

import type { Command } from '../services.ts';
import { requireTrust } from '../trust.ts';
import { findTarget, modelInPanel } from './target.ts';

export const openPreview: Command = {
  id: 'skipscope.openPreview',
  run: async (services, ...args) => {
    if (!requireTrust()) return;
    const target = await findTarget(services, args);
    if (target) await services.preview.open(target.document, modelInPanel(services, target));
  },
};
