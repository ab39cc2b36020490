import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { api, closeAll, openTraced, uriOf } from '../support/workspace.ts';

const written = async (name: string, extent?: unknown): Promise<Uint8Array> => {
  const { document } = await openTraced('examples/cifar_resnet.py');
  const file = uriOf(name);
  await vscode.commands.executeCommand('skipscope.exportGraph', document.uri, 'resnet20()', file, extent);
  return vscode.workspace.fs.readFile(file);
};
const exported = async (name: string, extent?: unknown): Promise<string> =>
  new TextDecoder().decode(await written(name, extent));

describe('export', () => {
  afterEach(closeAll);

  it('writes the drawing as SVG', async () => {
    const svg = await exported('graph.svg');
    assert.match(svg, /^<svg[^>]* xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
    assert.match(svg, /layer3/);
  });

  it('writes what is open, or everything', async () => {
    const lines = async (extent: unknown): Promise<number> =>
      (await exported('open.svg', extent)).split('<text').length;
    const few = await lines([]);
    const one = await lines(['layer1/stage', 'layer1.0/run', 'layer1.0/branch']);
    const all = await lines('everything');
    assert.ok(few < one && one < all, `${few}, ${one}, ${all}`);
  });

  it('writes the drawing as PNG, twice as large', async () => {
    const { document } = await openTraced('examples/cifar_resnet.py');
    await vscode.commands.executeCommand('skipscope.openPreview', document.uri, 'resnet20()');
    await (await api()).whenDrawn(document.uri);
    const [, width] = /width="([\d.]+)"/.exec(await exported('size.svg'))!;
    const bytes = await written('graph.png');
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    assert.equal(view.getUint32(0), 0x89504e47);
    assert.equal(view.getUint32(16), Math.round(2 * Number(width)));
    assert.ok(bytes.length > 10_000);
  });

  it('writes a page of its own, without the folders of this machine', async () => {
    const html = await exported('graph.html');
    assert.match(html, /^<!doctype html>/);
    assert.ok(html.includes('id="graph"') && html.includes('cifar_resnet.py'));
    assert.ok(!html.includes(uriOf('').path));
  });

  it('writes the graph as JSON', async () => {
    const { model, graph, blocks } = JSON.parse(await exported('graph.json'));
    assert.equal(model, 'resnet20()');
    assert.equal(blocks.length, 9);
    assert.ok(graph.nodes.length > 60);
  });
});
