/** What stands out in the drawing, as classes of nodes and edges: paths, search hits, problems. */

import type { Diagnostic } from '../src/ir/diagnostic.ts';
import { leafAt, visibleFor } from '../src/view/locate.ts';
import type { Outline } from '../src/view/outline.ts';
import { pathsThrough } from '../src/view/paths.ts';
import type { Scene } from '../src/view/scene.ts';

export interface Marked {
  readonly outline: Outline;
  readonly scene: Scene;
  /** The node whose paths are lit; null for none. */
  readonly pathsOf: string | null;
  readonly hits: ReadonlySet<string>;
  readonly currentHit: string | null;
  readonly diagnostics: readonly Diagnostic[];
}

export interface Marks {
  readonly classes: ReadonlyMap<string, string>;
  /** Everything unmarked steps back. */
  readonly dim: boolean;
}

export function marksOf({ outline, scene, pathsOf, hits, currentHit, diagnostics }: Marked): Marks {
  const classes = new Map<string, Set<string>>();
  const add = (id: string | null, name: string): void => {
    if (id === null) return;
    const known = classes.get(id);
    if (known) known.add(name);
    else classes.set(id, new Set([name]));
  };
  const paths = pathsOf !== null && scene.nodes.has(pathsOf) ? pathsThrough(scene, pathsOf) : null;
  for (const id of paths?.nodes ?? []) add(id, 'path');
  for (const id of paths?.edges ?? []) add(id, 'path');
  for (const id of hits) add(visibleFor(outline, scene, id), 'hit');
  if (currentHit !== null) add(visibleFor(outline, scene, currentHit), 'current-hit');
  for (const diagnostic of diagnostics) {
    const leaf = diagnostic.severity === 'info' ? null : leafAt(outline, diagnostic, true);
    if (leaf !== null) add(visibleFor(outline, scene, leaf), `has-${diagnostic.severity}`);
  }
  return { classes: new Map([...classes].map(([id, names]) => [id, [...names].join(' ')])), dim: paths !== null };
}
