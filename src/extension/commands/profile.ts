/** Skipscope: Profile Forward Pass, Profile Gradient Flow, the same with what to measure asked for, and Cancel Profile. */

import * as vscode from 'vscode';
import type { DeepMeasure } from '../../profile/types.ts';
import type { ProfileChoice } from '../../protocol/messages.ts';
import { usualChoice } from '../profiling.ts';
import type { Command } from '../services.ts';
import { requireTrust } from '../trust.ts';
import { chooseWeights } from '../weights.ts';
import { findTarget, modelInPanel } from './target.ts';

/** Resolves with the report. A third argument says what to measure. */
const profileCommand = (id: string, gradients: boolean): Command => ({
  id,
  run: async (services, ...args) => {
    if (!requireTrust()) return null;
    const target = await findTarget(services, args);
    if (!target) return null;
    const choice = isChoice(args[2]) ? { ...usualChoice(), ...args[2] } : undefined;
    return services.profiling.profile(target.source, modelInPanel(services, target), gradients, choice);
  },
});

const isChoice = (value: unknown): value is ProfileChoice =>
  typeof value === 'object' && value !== null && 'ablations' in value && Array.isArray(value.ablations);

export const profileForward = profileCommand('skipscope.profileForward', false);
export const profileGradientFlow = profileCommand('skipscope.profileGradientFlow', true);

interface Offer extends vscode.QuickPickItem {
  readonly change?: (choice: ProfileChoice) => Partial<ProfileChoice>;
  readonly isPicked?: (choice: ProfileChoice) => boolean;
}

const twin = (spelling: string, label: string, detail: string): Offer => ({
  ...{ label, detail },
  change: ({ ablations }) => ({ ablations: [...ablations, spelling] }),
  isPicked: ({ ablations }) => ablations.includes(spelling),
});

const costly = (measure: DeepMeasure, label: string, detail: string): Offer => ({
  ...{ label, detail },
  change: ({ deep }) => ({ deep: [...deep, measure] }),
});

const OFFERED: readonly Offer[] = [
  { label: 'compare with', kind: vscode.QuickPickItemKind.Separator },
  twin('plain', 'Plain twin', 'Without any skip: additions and projections go'),
  twin('identity', 'Projections only', 'Identity skips go, projections at transitions stay'),
  twin('scaled:0.5', 'Skips × 0.5', 'Every skip scaled by one half'),
  twin('scale-matched', 'Scale-matched', '(x + F) / √2: tells the topology from the variance'),
  { label: 'costly, too', kind: vscode.QuickPickItemKind.Separator },
  costly('paths', 'Paths', 'The gradient by the number of branches that it came through'),
  costly('shattering', 'Shattering', 'How alike the gradients of different samples are'),
  costly('jacobian', 'Jacobian', 'The spectrum of the stream’s Jacobian'),
];

/** Where the weights come from; undefined when the user gave up. */
async function askForWeights(usual: ProfileChoice, beside: vscode.Uri): Promise<Partial<ProfileChoice> | undefined> {
  const drawn = { label: 'Drawn as the code says' };
  const file = { label: 'From a file…', detail: 'safetensors, a PyTorch checkpoint or ONNX' };
  const source = await vscode.window.showQuickPick([drawn, file], { title: 'Weights' });
  if (source === file) {
    const weights = await chooseWeights(beside);
    return weights && { weights };
  }
  if (source !== drawn) return undefined;
  const seeds = await vscode.window.showInputBox({
    title: 'Draws of the weights',
    value: String(usual.seeds),
    prompt: '0 chooses by the size of the model',
    validateInput: (text) => (/^\d{1,2}$/.test(text.trim()) ? null : 'A number from 0 to 99.'),
  });
  return seeds === undefined ? undefined : { seeds: Number(seeds) };
}

export const profileWith: Command = {
  id: 'skipscope.profileWith',
  run: async (services, ...args) => {
    if (!requireTrust()) return null;
    const target = await findTarget(services, args);
    if (!target) return null;
    const usual = usualChoice();
    const picked = await vscode.window.showQuickPick(
      OFFERED.map((offer) => ({ ...offer, picked: offer.isPicked?.(usual) ?? false })),
      { canPickMany: true, title: 'Beside the network', placeHolder: 'On the same weights and data' },
    );
    if (!picked) return null;
    const weights = await askForWeights(usual, target.source.uri);
    if (!weights) return null;
    const none: ProfileChoice = { ...usual, ...weights, ablations: [], deep: [] };
    const choice = picked.reduce((chosen, { change }) => ({ ...chosen, ...change?.(chosen) }), none);
    return services.profiling.profile(target.source, modelInPanel(services, target), true, choice);
  },
};

export const cancelProfile: Command = { id: 'skipscope.cancelProfile', run: ({ profiling }) => profiling.cancel() };
