/** Skipscope: Export Profile: the plots as SVG or PNG, the numbers as CSV or JSON. */

import * as vscode from 'vscode';
import { conditionsOf, verdictsOf } from '../../profile/figures/conditions.ts';
import { csvOf } from '../../profile/figures/csv.ts';
import { depthFigures } from '../../profile/figures/depth.ts';
import { histogramFigures } from '../../profile/figures/histograms.ts';
import type { NamedReport } from '../../profile/figures/variants.ts';
import { figuresSvg } from '../../profile/figures/svg.ts';
import type { PanelMessage } from '../../protocol/messages.ts';
import type { Command, Services } from '../services.ts';

export type ProfileExport = Pick<Extract<PanelMessage, { type: 'exportProfile' }>, 'runs' | 'figures' | 'block'>;

const PLOT = { width: 400, height: 230 };
const BIG_PLOT = { width: 720, height: 420 };
const COLUMNS = 3;
/** Pixels of a PNG for each of the picture: sharp in print at a column's width. */
const SCALE = 2;

export const exportProfile: Command = {
  id: 'skipscope.exportProfile',
  /** From the panel with what it shows; else the newest run of what is shown. A second argument names the file. */
  run: async (services, ...args) => {
    const wanted = isExport(args[0]) ? args[0] : await newestShown(services);
    if (!wanted) {
      void vscode.window.showInformationMessage('There is no profile of this model to export yet.');
      return;
    }
    const list = await services.runs.list();
    const named: NamedReport[] = [];
    for (const id of wanted.runs) {
      const report = await services.runs.read(id);
      if (report) named.push({ name: list.find((run) => run.id === id)?.name ?? report.model, report });
    }
    const [first] = named;
    if (!first) return;
    const file =
      args[1] instanceof vscode.Uri
        ? args[1]
        : await askForFile(list.find(({ id }) => id === wanted.runs[0])!.uri, first);
    if (!file) return;
    const content = await contentOf(services, file.path, named, wanted);
    if (content === null) {
      void vscode.window.showErrorMessage('The picture needs the preview to be visible.');
      return;
    }
    await vscode.workspace.fs.writeFile(file, content);
  },
};

const isExport = (value: unknown): value is ProfileExport =>
  typeof value === 'object' && value !== null && 'runs' in value && Array.isArray(value.runs);

async function newestShown({ preview, runs }: Services): Promise<ProfileExport | null> {
  const shown = preview.active()?.shown();
  const run = (await runs.list()).find(
    ({ uri, model }) => uri === shown?.uri.toString() && model === shown.traced?.result.model,
  );
  return run ? { runs: [run.id], figures: null, block: null } : null;
}

const askForFile = (uri: string, { report }: NamedReport): Thenable<vscode.Uri | undefined> => {
  const name = `${report.model.replace(/\W+/g, '_').replace(/_$/, '')}-profile`;
  return vscode.window.showSaveDialog({
    defaultUri: vscode.Uri.joinPath(vscode.Uri.parse(uri), '..', `${name}.svg`),
    filters: { 'SVG picture': ['svg'], 'PNG picture': ['png'], 'CSV table': ['csv'], 'JSON report': ['json'] },
    title: `Export the profile of ${report.model}`,
  });
};

/** Null for a PNG without a page that makes it. */
async function contentOf(
  { preview }: Services,
  path: string,
  named: readonly NamedReport[],
  wanted: ProfileExport,
): Promise<Uint8Array | null> {
  const text = (content: string): Uint8Array => new TextEncoder().encode(content);
  if (path.endsWith('.csv')) return text(csvOf(named));
  if (path.endsWith('.json')) {
    const [first] = named;
    return text(`${JSON.stringify(named.length === 1 ? first!.report : named, null, 1)}\n`);
  }
  const svg = pictureOf(named, wanted);
  return path.endsWith('.png') ? preview.rasterise(svg, SCALE) : text(svg);
}

function pictureOf(named: readonly NamedReport[], { figures: ids, block }: ProfileExport): string {
  const all = [...depthFigures(named), ...(block === null ? [] : histogramFigures(named, block))];
  const figures = ids === null ? all : all.filter(({ id }) => ids.includes(id));
  const { kind } = vscode.window.activeColorTheme;
  const isDark = kind === vscode.ColorThemeKind.Dark || kind === vscode.ColorThemeKind.HighContrast;
  const several = named.length > 1;
  return figuresSvg(figures, {
    theme: isDark ? 'dark' : 'light',
    columns: COLUMNS,
    plot: figures.length === 1 ? BIG_PLOT : PLOT,
    title: named.map(({ name, report }) => (several ? name : report.model)).join(', '),
    lines: named.flatMap(({ name, report }) => [
      ...verdictsOf(report)
        .filter(({ verdict }) => verdict.kind !== 'unmeasured')
        .map((one) => [several ? name : '', one.name, one.verdict.text].filter((part) => part).join(': ')),
      `${several ? `${name}: ` : ''}${conditionsOf(report).join(' · ')}`,
    ]),
  });
}
