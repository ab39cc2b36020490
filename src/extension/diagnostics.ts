/** Shows what tracing says about a file in the editor and the Problems view. */

import * as vscode from 'vscode';
import { deduplicate } from '../analysis/diagnose.ts';
import { lintsAt } from '../analysis/lints/index.ts';
import type { Diagnostic, Severity } from '../ir/diagnostic.ts';
import { fileOf, toLocation, toRange, uriOf } from './locations.ts';
import type { FileModels, Models } from './models.ts';
import type { Profiled, Profiling } from './profiling.ts';
import { readSettings } from './settings.ts';

const severities: Record<Severity, vscode.DiagnosticSeverity> = {
  error: vscode.DiagnosticSeverity.Error,
  warning: vscode.DiagnosticSeverity.Warning,
  info: vscode.DiagnosticSeverity.Information,
};

const convert = (diagnostic: Diagnostic, beside: vscode.Uri): vscode.Diagnostic => {
  const converted = new vscode.Diagnostic(
    toRange(diagnostic.range),
    diagnostic.message,
    severities[diagnostic.severity],
  );
  converted.source = 'skipscope';
  converted.code = diagnostic.code;
  converted.relatedInformation = diagnostic.related.map(
    (related) => new vscode.DiagnosticRelatedInformation(toLocation(related, beside), related.message),
  );
  return converted;
};

/**
 * Everything about the file's own choice of model, and what the analyses found in its other models. What the front end
 * says of those others is left out: a helper class that can be built alone need not be a model.
 */
const collect = (file: FileModels, profiled: readonly Diagnostic[]): readonly Diagnostic[] => {
  const level = readSettings().lints;
  const all = [...(file.primary ? [file.primary] : []), ...file.traced.values()];
  return deduplicate([
    ...(file.primary?.result.diagnostics ?? []),
    ...all.flatMap(({ version, findings }) => (version === file.version ? findings : [])),
    ...all.flatMap(({ version, lints }) => (version === file.version ? lintsAt(lints, level) : [])),
    ...lintsAt(profiled, level),
  ]);
};

/** The document that a tab shows for editing, also on the right side of a diff. */
const uriOfTab = ({ input }: vscode.Tab): vscode.Uri | null => {
  if (input instanceof vscode.TabInputText) return input.uri;
  return input instanceof vscode.TabInputTextDiff ? input.modified : null;
};

/** VS Code keeps closed documents for minutes: what counts for the user is whether a tab shows the file. */
const hasTab = (uri: vscode.Uri): boolean =>
  vscode.window.tabGroups.all.some(({ tabs }) => tabs.some((tab) => uriOfTab(tab)?.toString() === uri.toString()));

export const showDiagnostics = (models: Models, profiling: Profiling): vscode.Disposable => {
  const collection = vscode.languages.createDiagnosticCollection('skipscope');
  /** Which files each traced file has diagnostics in: its own, and files that it imports. */
  const shown = new Map<string, readonly vscode.Uri[]>();
  /** What the last profile of each file found; about the version that was profiled alone. */
  const profiled = new Map<string, Profiled>();

  const clear = (uri: vscode.Uri): void => {
    for (const place of shown.get(uri.toString()) ?? []) collection.delete(place);
    shown.delete(uri.toString());
  };

  const update = (uri: vscode.Uri): void => {
    const file = models.of(uri);
    if (!file || !hasTab(uri) || !readSettings().diagnostics) return clear(uri);
    // While a new version is being traced, the editor itself moves the old marks along with the text.
    if (file.primary?.version !== file.version) return;
    const byFile = new Map<string, vscode.Diagnostic[]>([[fileOf(uri), []]]);
    const last = profiled.get(uri.toString());
    for (const diagnostic of collect(file, last?.version === file.version ? last.findings : [])) {
      const place = byFile.get(diagnostic.file) ?? [];
      byFile.set(diagnostic.file, [...place, convert(diagnostic, uri)]);
    }
    clear(uri);
    const places = [...byFile].map(([name, diagnostics]) => {
      const place = uriOf(name, uri);
      collection.set(place, diagnostics);
      return place;
    });
    shown.set(uri.toString(), places);
  };

  return vscode.Disposable.from(
    collection,
    models.onDidChange(update),
    profiling.onDidProfile((last) => {
      profiled.set(last.uri.toString(), last);
      update(last.uri);
    }),
    vscode.window.tabGroups.onDidChangeTabs(({ opened, closed }) => {
      for (const tab of [...opened, ...closed]) {
        const uri = uriOfTab(tab);
        if (uri) update(uri);
      }
    }),
    vscode.workspace.onDidChangeConfiguration((change) => {
      if (!['skipscope.diagnostics', 'skipscope.lints'].some((name) => change.affectsConfiguration(name))) return;
      for (const document of vscode.workspace.textDocuments) update(document.uri);
    }),
  );
};
