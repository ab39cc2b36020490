/** What axe-core has to report of a page. */

import type { Page } from 'playwright-core';
// @ts-expect-error The scripts are plain JavaScript.
import * as audit from '../../scripts/lib/audit.mjs';

/** One line for each rule that is broken, with the elements that break it. */
export const auditAccessibility: (page: Page) => Promise<readonly string[]> = audit.auditAccessibility;
