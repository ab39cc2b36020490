/** Skipscope: Export Graph: the drawing as SVG, PNG or a page of its own, or the graph as JSON. */

import * as vscode from 'vscode';
import { graphJson } from '../../protocol/graphJson.ts';
import { standaloneHtml } from '../../protocol/standalone.ts';
import { allExpanded, outlineOf } from '../../view/outline.ts';
import { drawSvg } from '../../view/picture.ts';
import { sizeOfSvg } from '../../view/svg.ts';
import { documentOf } from '../panel.ts';
import type { Command, Services } from '../services.ts';
import type { Traced } from '../tracing.ts';
import { requireTrust } from '../trust.ts';
import { findTarget, modelInPanel } from './target.ts';

/** What is open in the picture: as the preview opens it, all of it, or these groups. */
type Extent = 'first view' | 'everything' | readonly string[];

const EXTENSION = 'skipscope.skipscope';

/** Pixels on a side, beyond which browsers draw nothing. */
const MOST_PIXELS = 16_384;
const SCALES = [1, 2, 4] as const;

export const exportGraph: Command = {
  id: 'skipscope.exportGraph',
  /** A third argument names the file to write, a fourth the open groups; without them the user is asked. */
  run: async (services, ...args) => {
    if (!requireTrust()) return;
    const target = await findTarget(services, args);
    if (!target) return;
    const { source } = target;
    const traced = await services.tracing.trace(source, { model: modelInPanel(services, target) ?? undefined });
    if (!traced?.result.graph) {
      const reason = traced?.result.diagnostics[0]?.message ?? 'no model was found';
      void vscode.window.showErrorMessage(`Skipscope cannot export this file: ${reason}`);
      return;
    }
    const file = args[2] instanceof vscode.Uri ? args[2] : await askForFile(source.uri, traced.result.model!);
    if (!file) return;
    const extent = isExtent(args[3]) ? args[3] : args[2] ? 'first view' : await askForExtent(file);
    if (!extent) return;
    const content = await contentOf(services, traced, file.path, extent, args[2] !== undefined);
    if (content) await vscode.workspace.fs.writeFile(file, content);
  },
};

const isExtent = (value: unknown): value is Extent =>
  value === 'first view' ||
  value === 'everything' ||
  (Array.isArray(value) && value.every((id) => typeof id === 'string'));

const askForFile = (beside: vscode.Uri, model: string): Thenable<vscode.Uri | undefined> => {
  const name = model.replace(/\W+/g, '_').replace(/_$/, '');
  return vscode.window.showSaveDialog({
    defaultUri: vscode.Uri.joinPath(beside, '..', `${name}.svg`),
    filters: { 'SVG picture': ['svg'], 'PNG picture': ['png'], 'HTML page': ['html'], 'JSON graph': ['json'] },
    title: `Export the graph of ${model}`,
  });
};

async function askForExtent({ path }: vscode.Uri): Promise<Extent | undefined> {
  if (path.endsWith('.json')) return 'everything';
  // The reader opens what he likes.
  if (path.endsWith('.html')) return 'first view';
  const few = { label: 'Stages and blocks', extent: 'first view' as const };
  const all = {
    label: 'Everything',
    detail: 'Every block open, down to its operations',
    extent: 'everything' as const,
  };
  return (await vscode.window.showQuickPick([few, all], { title: 'What the picture shows' }))?.extent;
}

/** Null when the user gave up, or has been told why not. */
async function contentOf(
  services: Services,
  traced: Traced,
  path: string,
  extent: Extent,
  quiet: boolean,
): Promise<Uint8Array | null> {
  const { result, analysis } = traced;
  const { blocks } = analysis!;
  const graph = result.graph!;
  const text = (content: string): Uint8Array => new TextEncoder().encode(content);
  if (path.endsWith('.json')) return text(graphJson(documentOf(traced)!));
  const { ColorThemeKind } = vscode;
  const kind = vscode.window.activeColorTheme.kind;
  const dark = kind === ColorThemeKind.Dark || kind === ColorThemeKind.HighContrast;
  const outline = outlineOf(graph, blocks);
  const expanded = extent === 'everything' ? allExpanded(outline) : extent === 'first view' ? null : new Set(extent);
  if (path.endsWith('.html')) return text(await pageOf(traced, expanded && [...expanded]));
  const svg = await drawSvg(graph, blocks, { theme: dark ? 'dark' : 'light', ...(expanded && { expanded }) });
  if (!path.endsWith('.png')) return text(svg);
  const size = sizeOfSvg(svg);
  const scale = quiet ? 2 : await askForScale(size);
  if (scale === undefined) return null;
  const longest = Math.round(Math.max(size.width, size.height) * scale);
  if (longest > MOST_PIXELS) {
    void vscode.window.showErrorMessage(
      `The picture would be ${longest} pixels long, and ${MOST_PIXELS} is the most: choose a smaller scale, or SVG.`,
    );
    return null;
  }
  const png = await services.preview.rasterise(svg, scale);
  if (!png) void vscode.window.showErrorMessage('A PNG needs the preview to be visible.');
  return png;
}

function pageOf(traced: Traced, expanded: readonly string[] | null): Promise<string> {
  const { extensionUri } = vscode.extensions.getExtension(EXTENSION)!;
  return standaloneHtml(documentOf(traced)!, expanded, async (name) => {
    const file = vscode.Uri.joinPath(extensionUri, 'dist', 'webview', name);
    return new TextDecoder().decode(await vscode.workspace.fs.readFile(file));
  });
}

async function askForScale({ width, height }: { width: number; height: number }): Promise<number | undefined> {
  const offered = SCALES.map((scale) => ({
    label: `${scale} ×`,
    description: `${Math.round(width * scale)} × ${Math.round(height * scale)} pixels`,
    scale,
  }));
  return (await vscode.window.showQuickPick(offered, { title: 'Scale of the picture' }))?.scale;
}
