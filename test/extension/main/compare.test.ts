import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import * as vscode from 'vscode';
import { countInPanel, screenshot, seeInPanel, textOfPanel } from '../support/driver.ts';
import { api, closeAll, open, openTraced, replace, uriOf } from '../support/workspace.ts';

const PARTS = `from torch import nn


class Block(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.conv = nn.Conv2d(width, width, 3, padding=1)
        self.relu = nn.ReLU()

    def forward(self, x):
        return x + self.relu(self.conv(x))
`;

const NET = `from torch import nn

from parts import Block


class Net(nn.Module):
    def __init__(self, width=8):
        super().__init__()
        self.stem = nn.Conv2d(3, width, 3, padding=1)
        self.first = Block(width)
        self.second = Block(width)

    def forward(self, x):
        return self.second(self.first(self.stem(x)))


class Wide(Net):
    def __init__(self):
        super().__init__(16)
`;

/** A Git repository in the workspace, with two files in its first commit. */
const createRepository = async (): Promise<string> => {
  const folder = uriOf('versioned');
  await vscode.workspace.fs.createDirectory(folder);
  const write = (name: string, text: string): Thenable<void> =>
    vscode.workspace.fs.writeFile(vscode.Uri.joinPath(folder, name), new TextEncoder().encode(text));
  const git = (...args: string[]): void => {
    const author = ['-c', 'user.name=a', '-c', 'user.email=a@example.org', '-c', 'commit.gpgsign=false'];
    execFileSync('git', [...author, ...args], { cwd: folder.fsPath, stdio: 'ignore' });
  };
  await write('parts.py', PARTS);
  await write('net.py', NET);
  git('init');
  git('add', '.');
  git('commit', '-m', 'Two blocks');
  return folder.fsPath;
};

describe('comparison', () => {
  let folder = '';
  before(async () => (folder = await createRepository()));
  after(() => rmSync(folder, { recursive: true, force: true }));
  afterEach(async () => {
    await vscode.commands.executeCommand('skipscope.leaveComparison');
    await closeAll();
  });

  it('shows what an unsaved edit changes since Git HEAD, and follows further edits', async () => {
    const editor = await openTraced('versioned/net.py');
    const { document } = editor;
    await replace(editor, 'self.second = Block(width)', 'self.second = nn.Conv2d(width, width, 1)');
    assert.equal(await vscode.commands.executeCommand('skipscope.compareWithHead', document.uri), true);
    await seeInPanel('.comparison', 'Compared with HEAD');
    await seeInPanel('.differences li', 'second');
    assert.match(await textOfPanel('.comparison dl'), /params\s*5\.09 K → 3\.04 K \(−2\.05 K\)/);
    await screenshot('compare-head');
    await replace(editor, 'self.second = nn.Conv2d(width, width, 1)', 'self.second = Block(width)');
    await seeInPanel('.differences', 'Both networks are the same.');
    await vscode.commands.executeCommand('skipscope.leaveComparison');
    await (await api()).whenDrawn(document.uri);
    assert.equal(await countInPanel('.comparison'), 0);
  });

  it('takes imported files from the revision, too', async () => {
    const { document } = await openTraced('versioned/net.py');
    const parts = await open('versioned/parts.py');
    await replace(parts, 'x + self', 'self');
    await parts.document.save();
    assert.equal(
      await vscode.commands.executeCommand('skipscope.compareWithRevision', document.uri, undefined, 'HEAD'),
      true,
    );
    await seeInPanel('.differences li', 'skip identity → none');
  });

  it('compares two models of a file, and a file with another', async () => {
    const { document } = await openTraced('versioned/net.py');
    assert.equal(
      await vscode.commands.executeCommand('skipscope.compareModels', document.uri, 'Net()', 'Wide()'),
      true,
    );
    await seeInPanel('.comparison', 'Compared with Wide()');
    await seeInPanel('.differences li', 'first');
    const other = uriOf('examples/two_layer_residual.py');
    assert.equal(await vscode.commands.executeCommand('skipscope.compareWithFile', document.uri, 'Net()', other), true);
    await seeInPanel('.comparison', 'Compared with two_layer_residual.py');
  });

  it('says why there is nothing to compare with', async () => {
    const { document } = await openTraced('versioned/net.py');
    assert.equal(
      await vscode.commands.executeCommand('skipscope.compareWithRevision', document.uri, undefined, 'nowhere'),
      false,
    );
  });
});
