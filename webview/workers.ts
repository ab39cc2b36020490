/** Starts workers in a webview: their script is fetched by the page and run from a blob, since other URLs are refused. */

const scripts = new Map<string, Promise<string>>();

async function blobUrl(script: string): Promise<string> {
  const response = await fetch(script);
  if (!response.ok) throw new Error(`${script}: HTTP ${response.status}`);
  return URL.createObjectURL(new Blob([await response.text()], { type: 'text/javascript' }));
}

/** A new worker that runs the script; the script itself is fetched once. */
export async function startWorker(script: string): Promise<Worker> {
  let url = scripts.get(script);
  if (!url) {
    url = blobUrl(script);
    scripts.set(script, url);
    url.catch(() => scripts.delete(script));
  }
  return new Worker(await url);
}
