import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { closeAll, openTraced, uriOf } from '../support/workspace.ts';

const exported = async (name: string): Promise<string> => {
  const { document } = await openTraced('examples/cifar_resnet.py');
  const file = uriOf(name);
  await vscode.commands.executeCommand('skipscope.exportGraph', document.uri, 'resnet20()', file);
  return new TextDecoder().decode(await vscode.workspace.fs.readFile(file));
};

describe('export', () => {
  afterEach(closeAll);

  it('writes the drawing as SVG', async () => {
    const svg = await exported('graph.svg');
    assert.match(svg, /^<svg[^>]* xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
    assert.match(svg, /layer3/);
  });

  it('writes the graph as JSON', async () => {
    const { model, graph, blocks } = JSON.parse(await exported('graph.json'));
    assert.equal(model, 'resnet20()');
    assert.equal(blocks.length, 9);
    assert.ok(graph.nodes.length > 60);
  });
});
