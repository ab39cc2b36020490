/** Skipscope: Open Graph Preview, Open Graph Preview in New Panel. */

import type { Command } from '../services.ts';
import { requireTrust } from '../trust.ts';
import { findTarget, modelInPanel } from './target.ts';

export const openPreview: Command = {
  id: 'skipscope.openPreview',
  run: async (services, ...args) => {
    if (!requireTrust()) return;
    const target = await findTarget(services, args);
    if (target) await services.preview.open(target.source, target.model);
  },
};

export const openInNewPanel: Command = {
  id: 'skipscope.openInNewPanel',
  run: async (services, ...args) => {
    if (!requireTrust()) return;
    const target = await findTarget(services, args);
    if (target) await services.preview.open(target.source, modelInPanel(services, target), { apart: true });
  },
};
