/** The table of commands. */

import type { Command } from '../services.ts';
import { compareModels, compareWithFile, compareWithHead, compareWithRevision, leaveComparison } from './compare.ts';
import { exportGraph } from './exportGraph.ts';
import { exportProfile } from './exportProfile.ts';
import { lockPreview, unlockPreview } from './lock.ts';
import { openInNewPanel, openPreview } from './openPreview.ts';
import { cancelProfile, profileForward, profileGradientFlow, profileWith } from './profile.ts';
import { selectModel } from './selectModel.ts';
import { showLog } from './showLog.ts';

export const commands: readonly Command[] = [
  openPreview,
  openInNewPanel,
  lockPreview,
  unlockPreview,
  selectModel,
  profileForward,
  profileGradientFlow,
  profileWith,
  cancelProfile,
  compareWithHead,
  compareWithRevision,
  compareModels,
  compareWithFile,
  leaveComparison,
  exportGraph,
  exportProfile,
  showLog,
];
