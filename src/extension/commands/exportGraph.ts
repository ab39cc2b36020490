/** Skipscope: Export Graph: the drawing as SVG, or the graph as JSON. */

import * as vscode from 'vscode';
import { drawSvg } from '../../view/picture.ts';
import type { Command } from '../services.ts';
import type { Traced } from '../tracing.ts';
import { requireTrust } from '../trust.ts';
import { findTarget, modelInPanel } from './target.ts';

const contentOf = async ({ result, analysis }: Traced, file: string): Promise<string> => {
  const blocks = analysis!.blocks;
  if (file.endsWith('.json'))
    return `${JSON.stringify({ model: result.model, graph: result.graph, blocks }, null, 1)}\n`;
  const { ColorThemeKind } = vscode;
  const kind = vscode.window.activeColorTheme.kind;
  const dark = kind === ColorThemeKind.Dark || kind === ColorThemeKind.HighContrast;
  return drawSvg(result.graph!, blocks, { theme: dark ? 'dark' : 'light' });
};

export const exportGraph: Command = {
  id: 'skipscope.exportGraph',
  /** A third argument names the file to write; without it the user is asked. */
  run: async (services, ...args) => {
    if (!requireTrust()) return;
    const target = await findTarget(services, args);
    if (!target) return;
    const { document } = target;
    const traced = await services.tracing.trace(document, { model: modelInPanel(services, target) ?? undefined });
    if (!traced?.result.graph) {
      const reason = traced?.result.diagnostics[0]?.message ?? 'no model was found';
      void vscode.window.showErrorMessage(`Skipscope cannot export this file: ${reason}`);
      return;
    }
    const name = traced.result.model!.replace(/\W+/g, '_').replace(/_$/, '');
    const file =
      args[2] instanceof vscode.Uri
        ? args[2]
        : await vscode.window.showSaveDialog({
            defaultUri: vscode.Uri.joinPath(document.uri, '..', `${name}.svg`),
            filters: { 'SVG picture': ['svg'], 'JSON graph': ['json'] },
            title: `Export the graph of ${traced.result.model}`,
          });
    if (!file) return;
    await vscode.workspace.fs.writeFile(file, new TextEncoder().encode(await contentOf(traced, file.path)));
  },
};
