// What axe-core has to report of a page, or of a frame of one.
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';

/** One line for each rule that is broken, with the elements that break it. */
export const auditAccessibility = async (page) => {
  await page.evaluate(await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8'));
  return page.evaluate(
    `axe.run(document, {
      resultTypes: ['violations'],
      rules: { 'label-content-name-mismatch': { enabled: true } },
    }).then(({ violations }) =>
      violations.map(({ id, nodes }) => id + ': ' + nodes.map(({ html }) => html.slice(0, 120)).join(' | ')))`,
  );
};
