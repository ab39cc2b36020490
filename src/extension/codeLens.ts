/** Over every model: preview it, profile it, and its size once it has been traced. */

import * as vscode from 'vscode';
import type { ModelCandidate } from '../frontends/types.ts';
import { macsText, paramsText } from '../view/label.ts';
import { fileOf, toRange } from './locations.ts';
import type { Models } from './models.ts';
import { readSettings } from './settings.ts';
import type { Traced } from './tracing.ts';

const lensesOf = (uri: vscode.Uri, candidate: ModelCandidate, traced: Traced | undefined): vscode.CodeLens[] => {
  const range = toRange(candidate.location.range);
  const lens = (title: string, command: string, tooltip: string): vscode.CodeLens =>
    new vscode.CodeLens(range, { title, command, tooltip, arguments: [uri, candidate.expression] });
  const model = candidate.expression;
  if (!candidate.buildable)
    return [lens('Preview with arguments…', 'skipscope.openPreview', `Draw ${model}, asking what it is built with`)];
  const lenses = [
    lens('Preview graph', 'skipscope.openPreview', `Draw ${model} beside the editor`),
    lens('Profile', 'skipscope.profileGradientFlow', `Measure activations and gradient flow of ${model}`),
  ];
  const cost = traced?.analysis?.cost;
  if (cost) {
    const inputs = traced.result.inputs.map(({ shape }) => shape.join('×')).join(', ');
    const params = `${model}: ${paramsText(cost, (count) => `${count} parameters`)}`;
    lenses.push(lens(paramsText(cost), 'skipscope.openPreview', params));
    lenses.push(lens(macsText(cost), 'skipscope.openPreview', `${model} on an input of ${inputs}`));
  }
  return lenses;
};

export const provideCodeLenses = (models: Models): vscode.Disposable => {
  const changed = new vscode.EventEmitter<void>();
  return vscode.Disposable.from(
    changed,
    models.onDidChange(() => changed.fire()),
    vscode.workspace.onDidChangeConfiguration((change) => {
      if (change.affectsConfiguration('skipscope.codeLens')) changed.fire();
    }),
    vscode.languages.registerCodeLensProvider(
      { language: 'python' },
      {
        onDidChangeCodeLenses: changed.event,
        provideCodeLenses: (document) => {
          const file = models.of(document.uri);
          if (!file?.primary || !readSettings().codeLens) return [];
          return file.primary.result.candidates
            .filter(({ location }) => location.file === fileOf(document.uri))
            .flatMap((candidate) => lensesOf(document.uri, candidate, file.traced.get(candidate.expression)));
        },
      },
    ),
  );
};
