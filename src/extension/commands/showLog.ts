/** Skipscope: Show Log. */

import type { Command } from '../services.ts';

export const showLog: Command = {
  id: 'skipscope.showLog',
  run: ({ log }) => log.show(),
};
