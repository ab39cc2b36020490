import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { screenshot } from '../support/driver.ts';
import { api, closeAll, lintsOf, openTraced, problemsOf, replace, until } from '../support/workspace.ts';

describe('diagnostics', () => {
  afterEach(closeAll);

  it('marks the add of a mismatched skip and links what caused it', async () => {
    const { document } = await openTraced('examples/mismatched_skip.py');
    const problems = problemsOf(document);
    assert.equal(problems.length, 1);
    const [problem] = problems;
    assert.equal(document.getText(problem!.range), 'out += identity');
    assert.equal(problem!.severity, vscode.DiagnosticSeverity.Error);
    assert.equal(problem!.code, 'skip-shape-mismatch');
    assert.match(problem!.message, /128/);
    assert.match(problem!.message, /64/);
    assert.match(problem!.message, /conv1/);
    const places = problem!.relatedInformation!.map(({ location }) => document.lineAt(location.range.start.line).text);
    assert.ok(places.length > 0);
    assert.ok(
      places.some((line) => line.includes('self.conv1(x)')),
      places.join('\n'),
    );
    await vscode.commands.executeCommand('editor.action.marker.next');
    await screenshot('diagnostic-light');
  });

  it('says nothing of well-formed models', async () => {
    for (const path of ['examples/cifar_resnet.py', 'examples/preact_resnet.py', 'examples/transformer_encoder.py']) {
      const { document } = await openTraced(path);
      assert.deepEqual(
        problemsOf(document).map(({ message }) => message),
        [],
        path,
      );
    }
  });

  it('follows an edit as it is typed, and its undoing', async () => {
    const editor = await openTraced('examples/cifar_resnet.py');
    const { document } = editor;
    await replace(
      editor,
      'self.conv2 = nn.Conv2d(planes, planes, ',
      'self.conv2 = nn.Conv2d(planes, planes, stride=2, ',
    );
    const problems = problemsOf(document);
    assert.deepEqual(
      problems.map(({ range }) => document.getText(range)),
      ['out += self.shortcut(x)'],
    );
    assert.match(problems[0]!.message, /conv2/);
    await vscode.commands.executeCommand('undo');
    await (await api()).whenTraced(document);
    assert.deepEqual(problemsOf(document), []);
  });

  it('finds exactly one error after one stride of the real resnet.py has changed, none before', async () => {
    const editor = await openTraced('torchvision/models/resnet.py');
    const { document } = editor;
    assert.deepEqual(
      problemsOf(document).map(({ message }) => message),
      [],
    );
    await replace(editor, 'self.conv2 = conv3x3(planes, planes)', 'self.conv2 = conv3x3(planes, planes, 2)');
    const problems = problemsOf(document);
    assert.deepEqual(
      problems.map(({ range }) => document.getText(range)),
      ['out += identity'],
    );
    assert.match(problems[0]!.message, /conv2/);
  }).timeout(240_000);

  it('shows a Python error at its line', async () => {
    const { document } = await openTraced('fixtures/broken.py');
    const problems = problemsOf(document);
    assert.equal(problems.length, 1);
    assert.match(problems[0]!.message, /wdith/);
    assert.match(document.lineAt(problems[0]!.range.start.line).text, /wdith/);
  });

  it('names an import that is open, unsaved, in another editor', async () => {
    const parts = await openTraced('fixtures/parts.py');
    await replace(parts, 'nn.Linear(width, width)', 'nn.Linear(width, 3)');
    const user = await openTraced('fixtures/user.py');
    await (await api()).whenTraced(user.document);
    const problems = problemsOf(parts.document);
    assert.deepEqual(
      problems.map(({ range }) => parts.document.getText(range)),
      ['self.fc(x) + x'],
    );
  });

  it('traces the packages of the virtual environment, and speaks of their mistakes where they are called', async () => {
    const { document } = await openTraced('fixtures/installed.py');
    const [problem, ...others] = problemsOf(document);
    assert.deepEqual(others, []);
    assert.match(problem!.message, /^Skip connection: \[1, 8, 32, 32\] \+ \[1, 16, 32, 32\]/);
    assert.equal(document.getText(problem!.range), 'self.clashes(self.fits(x))');
    const place = problem!.relatedInformation![0]!.location;
    assert.match(place.uri.path, /\.venv\/lib\/python3\.12\/site-packages\/skipblocks\/blocks\.py$/);
    const library = await vscode.workspace.openTextDocument(place.uri);
    assert.equal(library.getText(place.range), 'x + self.conv(x)');
  });

  it('stops a hostile file, says why, and traces the next file', async () => {
    const settings = vscode.workspace.getConfiguration('skipscope');
    await settings.update('trace.timeLimit', 5, vscode.ConfigurationTarget.Global);
    const { document } = await openTraced('fixtures/hostile.py');
    const problems = problemsOf(document);
    assert.ok(problems.length >= 1);
    assert.equal(problems[0]!.severity, vscode.DiagnosticSeverity.Error);
    await settings.update('trace.timeLimit', undefined, vscode.ConfigurationTarget.Global);
    const next = await openTraced('examples/mismatched_skip.py');
    assert.equal(problemsOf(next.document).length, 1);
  }).timeout(240_000);

  it('clears its marks when the file is closed', async () => {
    const { document } = await openTraced('examples/mismatched_skip.py');
    assert.equal(problemsOf(document).length, 1);
    await closeAll();
    await until(vscode.languages.onDidChangeDiagnostics, () => problemsOf(document).length === 0);
  });

  it('can be switched off', async () => {
    const { document } = await openTraced('examples/mismatched_skip.py');
    const settings = vscode.workspace.getConfiguration('skipscope');
    await settings.update('diagnostics.enable', false, vscode.ConfigurationTarget.Global);
    await until(vscode.languages.onDidChangeDiagnostics, () => problemsOf(document).length === 0);
    await settings.update('diagnostics.enable', undefined, vscode.ConfigurationTarget.Global);
    await until(vscode.languages.onDidChangeDiagnostics, () => problemsOf(document).length === 1);
  });

  it('marks a design that hurts on its line, as far as the user wishes', async () => {
    const { document } = await openTraced('examples/cifar_resnet.py');
    const [mark, ...others] = lintsOf(document);
    assert.deepEqual(others, []);
    assert.equal(mark!.severity, vscode.DiagnosticSeverity.Warning);
    assert.match(mark!.message, /rectified after each of 54 adds/);
    assert.equal(document.getText(mark!.range), 'out += self.shortcut(x)');
    const settings = vscode.workspace.getConfiguration('skipscope');
    await settings.update('lints', 'errors', vscode.ConfigurationTarget.Global);
    await until(vscode.languages.onDidChangeDiagnostics, () => lintsOf(document).length === 0);
    await settings.update('lints', undefined, vscode.ConfigurationTarget.Global);
    await until(vscode.languages.onDidChangeDiagnostics, () => lintsOf(document).length === 1);
  });
});
