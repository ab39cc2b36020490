/** Entry point of the extension: makes the parts and registers them. Nothing runs before the workspace is trusted. */

import * as vscode from 'vscode';
import { provideCodeLenses } from './codeLens.ts';
import { commands } from './commands/index.ts';
import { showDiagnostics } from './diagnostics.ts';
import { createPythonEnvironment } from './environment.ts';
import { showLanguageStatus } from './languageStatus.ts';
import { markModelFiles } from './modelFiles.ts';
import { createComparing } from './comparing.ts';
import { createModels, type FileModels } from './models.ts';
import { editOnnx } from './onnxEditor.ts';
import type { Drawn } from './panel.ts';
import { createPreview } from './preview.ts';
import { showKeptRuns } from './keptRuns.ts';
import { createProfiling } from './profiling.ts';
import { createRuns } from './runs.ts';
import type { Services } from './services.ts';
import { createTracing } from './tracing.ts';
import { onceTrusted } from './trust.ts';

/** What the extension offers to others, and to its own tests. */
export interface SkipscopeApi {
  /** Resolves when every model of the document's present text has been traced. */
  whenTraced(document: vscode.TextDocument): Promise<FileModels>;
  /** Resolves when the panel has drawn the newest trace of the document. */
  whenDrawn(uri: vscode.Uri): Promise<Drawn>;
  /** How many traces were run since the window opened. */
  traceCount(): number;
}

export const activate = (context: vscode.ExtensionContext): SkipscopeApi => {
  const log = vscode.window.createOutputChannel('Skipscope', { log: true });
  const tracer = vscode.Uri.joinPath(context.extensionUri, 'dist', 'tracer.mjs').fsPath;
  const environment = createPythonEnvironment(log);
  const tracing = createTracing(tracer, environment, log);
  const models = createModels(tracing, environment, log);
  const preview = createPreview(context, models);
  const comparing = createComparing(preview, models, tracing, log);
  const profiler = vscode.Uri.joinPath(context.extensionUri, 'dist', 'profiler.mjs').fsPath;
  const runs = createRuns(vscode.Uri.joinPath(context.storageUri ?? context.globalStorageUri, 'runs'), log);
  const profiling = createProfiling(profiler, tracing, preview, runs, log);
  const memory = context.workspaceState;
  const services: Services = { log, memory, tracing, models, preview, comparing, profiling, runs };

  context.subscriptions.push(
    log,
    environment,
    tracing,
    models,
    preview,
    comparing,
    profiling,
    runs,
    editOnnx(preview, models),
    showKeptRuns(preview, runs, log),
    showDiagnostics(models, profiling),
    provideCodeLenses(models),
    showLanguageStatus(models),
    markModelFiles(),
    ...commands.map(({ id, run }) => vscode.commands.registerCommand(id, (...args) => run(services, ...args))),
    onceTrusted(() => {
      for (const document of vscode.workspace.textDocuments) void models.refresh(document);
    }),
  );

  return {
    whenTraced: (document) => models.whenSettled(document),
    whenDrawn: (uri) => preview.whenDrawn(uri),
    traceCount: () => tracing.count(),
  };
};
