/** Skipscope: Profile Forward Pass, Profile Gradient Flow, and the same with what to measure asked for. */

import * as vscode from 'vscode';
import type { ProfileChoice } from '../../protocol/messages.ts';
import { usualChoice } from '../profiling.ts';
import type { Command } from '../services.ts';
import { requireTrust } from '../trust.ts';
import { findTarget, modelInPanel } from './target.ts';

/** Resolves with the report. A third argument says what to measure. */
const profileCommand = (id: string, gradients: boolean): Command => ({
  id,
  run: async (services, ...args) => {
    if (!requireTrust()) return null;
    const target = await findTarget(services, args);
    if (!target) return null;
    const choice = isChoice(args[2]) ? args[2] : undefined;
    return services.profiling.profile(target.document, modelInPanel(services, target), gradients, choice);
  },
});

const isChoice = (value: unknown): value is ProfileChoice =>
  typeof value === 'object' && value !== null && 'ablations' in value && Array.isArray(value.ablations);

export const profileForward = profileCommand('skipscope.profileForward', false);
export const profileGradientFlow = profileCommand('skipscope.profileGradientFlow', true);

const OFFERED: readonly (vscode.QuickPickItem & { readonly spelling: string })[] = [
  { spelling: 'plain', label: 'Plain twin', detail: 'Without any skip: additions and projections go' },
  { spelling: 'identity', label: 'Projections only', detail: 'Identity skips go, projections at transitions stay' },
  { spelling: 'scaled:0.5', label: 'Skips × 0.5', detail: 'Every skip scaled by one half' },
  { spelling: 'scale-matched', label: 'Scale-matched', detail: '(x + F) / √2: tells the topology from the variance' },
];

export const profileWith: Command = {
  id: 'skipscope.profileWith',
  run: async (services, ...args) => {
    if (!requireTrust()) return null;
    const target = await findTarget(services, args);
    if (!target) return null;
    const usual = usualChoice();
    const picked = await vscode.window.showQuickPick(
      OFFERED.map((item) => ({ ...item, picked: usual.ablations.includes(item.spelling) })),
      { canPickMany: true, title: 'Compare the network with', placeHolder: 'On the same weights and data' },
    );
    if (!picked) return null;
    const seeds = await vscode.window.showInputBox({
      title: 'Draws of the weights',
      value: String(usual.seeds),
      prompt: '0 chooses by the size of the model',
      validateInput: (text) => (/^\d{1,2}$/.test(text.trim()) ? null : 'A number from 0 to 99.'),
    });
    if (seeds === undefined) return null;
    const choice = { ...usual, ablations: picked.map(({ spelling }) => spelling), seeds: Number(seeds) };
    return services.profiling.profile(target.document, modelInPanel(services, target), true, choice);
  },
};
