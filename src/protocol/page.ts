/** The panel's HTML page: the extension serves it in a webview, the browser tests serve the same from a local server. */

export interface PageOptions {
  /** Where the page may load from, as a content-security-policy source. */
  readonly cspSource: string;
  readonly nonce: string;
  /** `panel.js` and `panel.css` of dist/webview. */
  readonly scriptUri: string;
  readonly styleUri: string;
  /** Folder that holds the workers and the WebAssembly binary, without a slash at its end. */
  readonly assetsBase: string;
}

/** Files beside `panel.js` that the page fetches itself: workers cannot load from a webview's origin. */
export const PANEL_ASSETS = {
  layoutWorker: 'layoutWorker.js',
  profileWorker: 'profileWorker.js',
  wasm: 'ort-wasm-simd-threaded.asyncify.wasm',
} as const;

export const contentSecurityPolicy = ({ cspSource, nonce }: Pick<PageOptions, 'cspSource' | 'nonce'>): string =>
  [
    "default-src 'none'",
    `script-src 'nonce-${nonce}' ${cspSource} 'wasm-unsafe-eval' blob:`,
    'worker-src blob:',
    `connect-src ${cspSource}`,
    `style-src ${cspSource}`,
    `font-src ${cspSource}`,
    `img-src ${cspSource} data:`,
  ].join('; ');

export function panelHtml(options: PageOptions): string {
  const { nonce, scriptUri, styleUri, assetsBase } = options;
  const asset = (name: string): string => escapeAttribute(`${assetsBase.replace(/\/$/, '')}/${name}`);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${escapeAttribute(contentSecurityPolicy(options))}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Skipscope</title>
<link rel="stylesheet" href="${escapeAttribute(styleUri)}">
</head>
<body>
<main id="panel" data-layout-worker="${asset(PANEL_ASSETS.layoutWorker)}" data-profile-worker="${asset(PANEL_ASSETS.profileWorker)}" data-wasm="${asset(PANEL_ASSETS.wasm)}"></main>
<script nonce="${escapeAttribute(nonce)}" src="${escapeAttribute(scriptUri)}"></script>
</body>
</html>
`;
}

export const escapeAttribute = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;');
