/** Files of weights that the user profiles with: choosing one, and reading it for a graph. */

import * as vscode from 'vscode';
import type { Graph } from '../ir/graph.ts';
import { matchWeights, openWeights } from '../profile/weights/weightsFile.ts';
import { nameOf } from './locations.ts';
import type { GivenWeights, WeightsChoice } from '../protocol/messages.ts';

export const weightsIn = (uri: vscode.Uri): WeightsChoice => ({ uri: uri.toString(), name: nameOf(uri) });

/** Undefined when the user chose none. `beside` is the model's file, where the dialog begins. */
export async function chooseWeights(beside: vscode.Uri | undefined): Promise<WeightsChoice | undefined> {
  const [uri] =
    (await vscode.window.showOpenDialog({
      title: 'Weights to profile with',
      openLabel: 'Use These Weights',
      filters: {
        'Weights (safetensors, PyTorch checkpoint, ONNX)': ['safetensors', 'pt', 'pth', 'bin', 'ckpt', 'onnx'],
      },
      ...(beside && { defaultUri: vscode.Uri.joinPath(beside, '..') }),
    })) ?? [];
  return uri && weightsIn(uri);
}

/** @throws an Error for the user, that names the file, when it cannot be read or fits another model */
export async function readWeights({ uri, name }: WeightsChoice, { parameters }: Graph): Promise<GivenWeights> {
  try {
    const file = openWeights(await vscode.workspace.fs.readFile(vscode.Uri.parse(uri)));
    const wanted = parameters.map((parameter) => parameter.name);
    return { file: name, tensors: [...matchWeights(file, wanted)] };
  } catch (error) {
    throw new Error(`${name}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}
