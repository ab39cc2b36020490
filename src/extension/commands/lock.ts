/** Skipscope: Lock Preview, Unlock Preview: whether the panel that the user is in follows the editor. */

import type { Command } from '../services.ts';

const lockCommand = (id: string, locked: boolean): Command => ({
  id,
  run: ({ preview }) => preview.lock(locked),
});

export const lockPreview = lockCommand('skipscope.lockPreview', true);
export const unlockPreview = lockCommand('skipscope.unlockPreview', false);
