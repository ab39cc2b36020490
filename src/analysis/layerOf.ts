/** Which layer a node belongs to, also where its weights are used by a module above it or before the model has it. */

import type { ModuleInfo, Node } from '../ir/graph.ts';
import type { DataFlow } from './dataFlow.ts';

/** The layer that runs a node, or that has the weights which it reads; else the module that runs it. */
export const layersOf = (flow: DataFlow): ((node: Node) => ModuleInfo | undefined) => {
  const modules = new Map(flow.graph.modules.map((module) => [module.path, module]));
  const owners = new Map(
    flow.graph.parameters.map(({ value, name }) => [value, name.slice(0, Math.max(0, name.lastIndexOf('.')))]),
  );
  return (node) => {
    const running = modules.get(node.module);
    if (running?.builtin) return running;
    const owner = node.inputs.map((input) => (input === null ? undefined : owners.get(input))).find(Boolean);
    const layer = owner === undefined ? undefined : modules.get(owner);
    return layer?.builtin ? layer : running;
  };
};
