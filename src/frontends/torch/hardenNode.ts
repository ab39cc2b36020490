/** Takes from the interpreter's own Node process what a model file must never reach: network, processes, code, signals. */

import childProcess from 'node:child_process';
import cluster from 'node:cluster';
import dgram from 'node:dgram';
import dns from 'node:dns';
import http from 'node:http';
import http2 from 'node:http2';
import https from 'node:https';
import inspector from 'node:inspector';
import module from 'node:module';
import net from 'node:net';
import os from 'node:os';
import process from 'node:process';
import tls from 'node:tls';
import vm from 'node:vm';
import workerThreads from 'node:worker_threads';

type Bag = Record<string, unknown>;

const deny = (what: string) =>
  function denied(): never {
    throw new Error(`${what} is not available where model files run`);
  };

/** Replaces own functions of an object, or only those named. */
const denyAll = (owner: unknown, name: string, only?: readonly string[]): void => {
  const bag = owner as Bag;
  for (const key of only ?? Object.getOwnPropertyNames(bag)) {
    const found = Object.getOwnPropertyDescriptor(bag, key);
    if (!found || key === 'constructor' || (only === undefined && typeof found.value !== 'function')) continue;
    try {
      Object.defineProperty(bag, key, { value: deny(`${name}.${key}`), configurable: true, writable: true });
    } catch {
      // A few properties cannot be redefined (prototypes of classes); nothing dangerous is among them.
    }
  }
};

/** The parts of `process` that nothing here needs once Pyodide has loaded. */
const PROCESS = [
  ...[
    'abort',
    'binding',
    'chdir',
    'dlopen',
    'execve',
    'getBuiltinModule',
    'kill',
    '_kill',
    '_linkedBinding',
    'mainModule',
  ],
  ...['openStdin', 'send', 'disconnect', 'report', 'loadEnvFile', 'setUncaughtExceptionCaptureCallback', 'umask'],
  ...['setuid', 'setgid', 'seteuid', 'setegid', 'setgroups', 'initgroups', 'setSourceMapsEnabled', 'constrainedMemory'],
  ...['_debugProcess', '_debugEnd', '_startProfilerIdleNotifier', '_stopProfilerIdleNotifier', '_getActiveHandles'],
  ...['_getActiveRequests', 'getActiveResourcesInfo', '_channel', 'channel', 'crash', 'hang', 'takeHeapSnapshot'],
  ...['electronBinding', 'getCreationTime', 'setFdLimit', 'finalization', 'permission'],
];

/** Before Pyodide is imported. Leaves files alone: those are the permission model's business. */
export const hardenBeforeLoad = (): void => {
  // Emscripten asks for the flags of open(2) only; the real binding is closed under the permission model.
  (process as unknown as Bag)['binding'] = (name: string) => {
    if (name === 'constants') return { fs: {}, os: {} };
    throw new Error(`process.binding('${name}') is not available where model files run`);
  };
  denyAll(net, 'net', ['connect', 'createConnection', 'createServer', 'Server', 'Stream']);
  denyAll(net.Socket.prototype, 'net.Socket', ['connect']);
  denyAll(net.Server.prototype, 'net.Server', ['listen', '_listen2']);
  denyAll(dgram.Socket.prototype, 'dgram.Socket', ['bind', 'connect', 'send', 'sendto', 'addMembership']);
  denyAll(dgram, 'dgram');
  denyAll(dns.Resolver.prototype, 'dns.Resolver');
  denyAll(dns.promises.Resolver.prototype, 'dns.Resolver');
  denyAll(dns.promises, 'dns');
  denyAll(dns, 'dns');
  denyAll(tls, 'tls', ['connect', 'createServer', 'TLSSocket', 'Server']);
  denyAll(http, 'http', ['request', 'get', 'createServer', 'Server', 'ClientRequest']);
  denyAll(http.Agent.prototype, 'http.Agent', ['addRequest', 'createConnection', 'createSocket']);
  denyAll(https, 'https', ['request', 'get', 'createServer', 'Server']);
  denyAll(http2, 'http2');
  denyAll(childProcess, 'child_process');
  denyAll(cluster, 'cluster', ['fork', 'setupMaster', 'setupPrimary']);
  denyAll(workerThreads, 'worker_threads', ['Worker', 'moveMessagePortToContext']);
  denyAll(inspector, 'inspector', ['open', 'close', 'url', 'waitForDebugger', 'Session']);
  denyAll(vm, 'vm');
  denyAll(os, 'os', ['networkInterfaces', 'userInfo', 'homedir', 'hostname', 'setPriority']);
  module.syncBuiltinESMExports();
  const global = globalThis as unknown as Bag;
  for (const name of ['fetch', 'WebSocket', 'EventSource', 'XMLHttpRequest', 'Worker', 'Request', 'Response'])
    Object.defineProperty(global, name, { value: undefined, configurable: false, writable: false });
  // Memory is put back after every trace, so a finaliser of the last trace must never run in the next one's memory.
  global['FinalizationRegistry'] = class {
    register(): void {}
    unregister(): boolean {
      return false;
    }
  };
};

const primordials = (): object[] => {
  const names = [
    ...['Object', 'Function', 'Array', 'Number', 'Boolean', 'String', 'Symbol', 'BigInt', 'Promise', 'Map', 'Set'],
    ...['WeakMap', 'WeakSet', 'WeakRef', 'RegExp', 'Date', 'ArrayBuffer', 'SharedArrayBuffer', 'DataView', 'Proxy'],
    ...['Error', 'TypeError', 'RangeError', 'SyntaxError', 'ReferenceError', 'EvalError', 'URIError', 'AggregateError'],
    ...['Uint8Array', 'Int8Array', 'Uint16Array', 'Int16Array', 'Uint32Array', 'Int32Array', 'Float32Array'],
    ...['Float64Array', 'BigInt64Array', 'BigUint64Array', 'Uint8ClampedArray', 'JSON', 'Math', 'Reflect', 'Atomics'],
    ...['WebAssembly', 'TextDecoder', 'TextEncoder', 'URL', 'URLSearchParams', 'AbortController', 'AbortSignal'],
  ];
  const global = globalThis as unknown as Bag;
  const iterator = Object.getPrototypeOf(Object.getPrototypeOf([][Symbol.iterator]())) as object;
  const generator = Object.getPrototypeOf(function* () {}) as object;
  const asyncGenerator = Object.getPrototypeOf(async function* () {}) as object;
  const asyncFunction = Object.getPrototypeOf(async () => {}) as object;
  const typedArray = Object.getPrototypeOf(Uint8Array) as object;
  const roots = [
    ...names.map((name) => global[name]),
    ...[iterator, generator, asyncGenerator, asyncFunction, typedArray],
    ...[[][Symbol.iterator](), new Map().entries(), new Set().entries(), ''[Symbol.iterator]()].map(
      (each) => Object.getPrototypeOf(each) as unknown,
    ),
  ].filter((each): each is object => (typeof each === 'object' || typeof each === 'function') && each !== null);
  return roots.flatMap((root) => {
    const prototype = Object.getOwnPropertyDescriptor(root, 'prototype')?.value as object | undefined;
    return prototype ? [root, prototype] : [root];
  });
};

/** Makes an inherited property unchangeable on its owner, yet still assignable on what inherits it. */
const lockProperty = (owner: object, key: PropertyKey, found: PropertyDescriptor): void => {
  const value: unknown = found.value;
  Object.defineProperty(owner, key, {
    configurable: false,
    enumerable: found.enumerable ?? false,
    get: () => value,
    set(this: object, next: unknown) {
      if (this === owner) throw new TypeError(`Cannot assign to ${String(key)}`);
      Object.defineProperty(this, key, { value: next, configurable: true, enumerable: true, writable: true });
    },
  });
};

const freezePrimordials = (): void => {
  // Assigning `name` to an error or `toString` to an object is common and legal: frozen data properties would forbid it.
  const assignable = [Object.prototype, Error.prototype, TypeError.prototype, RangeError.prototype] as object[];
  for (const owner of [...assignable, Function.prototype]) {
    for (const key of Reflect.ownKeys(owner)) {
      const found = Object.getOwnPropertyDescriptor(owner, key)!;
      if (found.configurable && 'value' in found && key !== 'prototype') lockProperty(owner, key, found);
    }
  }
  for (const each of primordials()) Object.freeze(each);
};

/** Every function that belongs to JavaScript, Node or the given objects, by walking data properties and prototypes. */
export const collectFunctions = (...roots: readonly unknown[]): WeakSet<object> => {
  const seen = new WeakSet<object>();
  const functions = new WeakSet<object>();
  const queue = [...roots];
  while (queue.length > 0) {
    const each = queue.pop();
    if ((typeof each !== 'object' && typeof each !== 'function') || each === null || seen.has(each)) continue;
    seen.add(each);
    if (typeof each === 'function') functions.add(each);
    if (ArrayBuffer.isView(each)) continue;
    queue.push(Object.getPrototypeOf(each));
    for (const key of Reflect.ownKeys(each)) {
      const found = Object.getOwnPropertyDescriptor(each, key);
      if (found) queue.push(found.value, found.get, found.set);
    }
  }
  return functions;
};

/** Once everything is loaded. Nothing can be loaded, scheduled or compiled afterwards. */
export const hardenAfterLoad = (): void => {
  const bag = process as unknown as Bag;
  for (const name of PROCESS) {
    if (!(name in bag)) continue;
    try {
      Object.defineProperty(bag, name, { value: undefined, configurable: false, writable: false });
    } catch {
      // Not configurable, therefore not ours to take; the permission model stands behind it.
    }
  }
  const global = globalThis as unknown as Bag;
  // Python's event loop would run what a model scheduled inside the next trace.
  for (const name of [
    'setTimeout',
    'setInterval',
    'setImmediate',
    'queueMicrotask',
    'require',
    'process',
    'MessageChannel',
  ])
    Object.defineProperty(global, name, { value: undefined, configurable: false, writable: false });
  for (const name of ['Module', 'Instance', 'compile', 'instantiate', 'compileStreaming', 'instantiateStreaming'])
    denyAll(global['WebAssembly'], 'WebAssembly', [name]);
  Error.stackTraceLimit = 0;
  freezePrimordials();
};
