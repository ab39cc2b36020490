/** One HTML file that holds a graph, the panel that draws it and all that this needs: it loads nothing. */

import type { ModelDocument } from './messages.ts';
import { escapeAttribute, PANEL_ASSETS } from './page.ts';

/** Everything stands in the file: nothing may come from elsewhere, and nothing may go anywhere. */
const POLICY = [
  "default-src 'none'",
  "script-src 'unsafe-inline' blob:",
  'worker-src blob:',
  'connect-src data:',
  "style-src 'unsafe-inline'",
  'img-src data:',
].join('; ');

/** Of VS Code's dark theme; the panel's own fallbacks are those of the light one. */
const DARK = {
  'editor-background': '#1f1f1f',
  foreground: '#cccccc',
  descriptionForeground: '#9d9d9d',
  'editorError-foreground': '#f85149',
  'editorWidget-background': '#262626',
  'sideBar-background': '#181818',
  'widget-border': '#313131',
  'panel-border': '#2b2b2b',
  'button-background': '#0078d4',
  'button-secondaryBackground': '#313131',
  'button-secondaryForeground': '#cccccc',
  'button-secondaryHoverBackground': '#3c3c3c',
  'dropdown-background': '#313131',
  'dropdown-foreground': '#cccccc',
  'dropdown-border': '#3c3c3c',
  'input-background': '#313131',
  'input-foreground': '#cccccc',
  'menu-background': '#1f1f1f',
  'menu-foreground': '#cccccc',
  focusBorder: '#0078d4',
  'textLink-foreground': '#4daafc',
  'toolbar-hoverBackground': '#5a5d5e50',
};

const darkCss = Object.entries(DARK)
  .map(([name, colour]) => `--vscode-${name}: ${colour};`)
  .join(' ');

/**
 * Works from a file:// address, in light and in dark.
 *
 * @param expanded ids of the open groups; null for those that are open at first
 * @param read the text of a file of dist/webview
 */
export async function standaloneHtml(
  shown: Omit<ModelDocument, 'uri' | 'candidates' | 'hasSource'>,
  expanded: readonly string[] | null,
  read: (name: string) => Promise<string>,
): Promise<string> {
  const names = ['panel.js', 'panel.css', PANEL_ASSETS.layoutWorker] as const;
  const [script, style, layoutWorker] = (await Promise.all(names.map(read))) as [string, string, string];
  const document: ModelDocument = { ...shown, uri: '', candidates: [], hasSource: false };
  const { uri, model } = document;
  const opened = expanded && { version: 1, uri, model, expanded };
  // Folders of the writer's machine are nobody's business.
  const short = (key: string, value: unknown): unknown =>
    key === 'file' && typeof value === 'string' ? value.slice(value.lastIndexOf('/') + 1) : value;
  const json = (value: unknown): string => JSON.stringify(value, short).replaceAll('<', '\\u003c');
  const worker = `data:text/javascript;charset=utf-8,${encodeURIComponent(layoutWorker)}`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeAttribute(model)}</title>
<style>:root { color-scheme: light dark } @media (prefers-color-scheme: dark) { :root { ${darkCss} } }</style>
<style>${withoutMap(style).replaceAll('</style', '<\\/style')}</style>
</head>
<body>
<main id="panel" data-alone data-layout-worker="${worker}"></main>
<script id="graph" type="application/json">${json(document)}</script>
<script id="opened" type="application/json">${json(opened)}</script>
<script>${withoutMap(script).replaceAll('</script', '<\\/script')}</script>
</body>
</html>
`;
}

/** The address of a source map leads nowhere from here. */
const withoutMap = (text: string): string => text.replace(/(\/\/|\/\*)# sourceMappingURL=\S+( \*\/)?\s*$/, '');
