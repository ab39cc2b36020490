/** Skipscope: Profile Forward Pass, and Skipscope: Profile Gradient Flow. Both resolve with the report. */

import type { Command } from '../services.ts';
import { requireTrust } from '../trust.ts';
import { findTarget, modelInPanel } from './target.ts';

const profileCommand = (id: string, gradients: boolean): Command => ({
  id,
  run: async (services, ...args) => {
    if (!requireTrust()) return null;
    const target = await findTarget(services, args);
    return target && services.profiling.profile(target.document, modelInPanel(services, target), gradients);
  },
});

export const profileForward = profileCommand('skipscope.profileForward', false);
export const profileGradientFlow = profileCommand('skipscope.profileGradientFlow', true);
