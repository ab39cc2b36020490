/** Guards the border between Python and JavaScript, where Pyodide's WebAssembly module imports its JavaScript functions. */

import { collectFunctions } from './hardenNode.ts';

type Fn = ((...args: unknown[]) => unknown) & { sig?: string };
type Imports = Record<string, Fn | undefined>;

/** Never needed by a trace: run scripts, start programs, load code, talk to networks, screens and timers. */
const DENIED = new RegExp(
  [
    '^_emscripten_system$|^emscripten_(async_)?run_script|^emscripten_async|^emscripten_asm_const|^emscripten_call_worker',
    '^emscripten_(create|destroy)_worker|^emscripten_websocket|^emscripten_set_|^emscripten_promise|^emscripten_request',
    '^_?emscripten_dlopen|^_dlopen_js$|^_emscripten_dlopen_js$|^_setitimer_js$|^_maybe_|^create_promise_handles$',
    '^__syscall_(accept4|bind|connect|getpeername|getsockname|getsockopt|listen|poll|recvfrom|recvmsg|sendmsg|sendto|socket)$',
    '^getaddrinfo$|^getnameinfo$|^setNetworkCallback$|^raw_call_js$|^ffi_|^proc_exit$|^exit$|^SDL_|^Mix_|^egl',
  ].join('|'),
);

interface Memory {
  readonly buffer: ArrayBuffer;
  grow(pages: number): number;
}

/** The part of WebAssembly's JavaScript interface that is guarded; its full types come with the DOM's only. */
interface WasmApi {
  Memory: { readonly prototype: Memory; new (options: { initial: number }): Memory };
  instantiate(source: unknown, imports?: unknown): Promise<object>;
}

/** EPERM as WASI numbers it; system calls return it negated. */
const EPERM = 63;

/** Property names that lead from an object to the language itself. */
const RESERVED = new Set(['constructor', '__proto__', 'prototype', 'caller', 'callee', 'arguments']);

export interface Border {
  /** From here on Python reads only own data of the objects it was given and calls only functions that are ours. */
  close(moduleError: unknown, forbidden: readonly unknown[]): void;
}

const replace = (imports: Imports, name: string, wrap: (original: Fn) => Fn): void => {
  const original = imports[name];
  if (typeof original !== 'function') return;
  // Emscripten reads the signature when it puts the function into a table.
  imports[name] = Object.assign(wrap(original), 'sig' in original ? { sig: original.sig } : {});
};

/** Must be called before Pyodide is loaded. `memoryLimit` in bytes bounds what all of Python may allocate. */
export const guardBorder = (memoryLimit: number): Border => {
  let closed = false;
  let moduleError: unknown = null;
  let forbidden = new WeakSet<object>();

  const mayCall = (value: unknown): boolean => typeof value !== 'function' || !forbidden.has(value);
  const mayRead = (object: unknown, key: unknown): boolean => {
    if (RESERVED.has(String(key))) return false;
    if ((typeof object !== 'object' && typeof object !== 'function') || object === null) return false;
    const found = Object.getOwnPropertyDescriptor(object, key as PropertyKey);
    return found !== undefined && mayCall(found.value) && found.get === undefined;
  };
  const refuse = (): never => {
    throw new Error('not available where model files run');
  };
  Object.freeze(refuse);

  const guard = (imports: Imports, readName: (pointer: number) => string): void => {
    for (const name of Object.keys(imports)) {
      if (DENIED.test(name)) replace(imports, name, () => () => (name.startsWith('__syscall') ? -EPERM : -1));
    }
    replace(imports, 'JsProxy_GetAttr_js', (original) => (object, pointer) => {
      if (closed && !mayRead(object, readName(pointer as number))) return moduleError;
      return original(object, pointer);
    });
    // The originals turn what is thrown into a Python exception; assigning to a frozen object throws.
    const nothing = Object.freeze(Object.create(null) as object);
    replace(
      imports,
      'JsProxy_SetAttr_js',
      (original) =>
        (object, ...rest) =>
          original(closed ? nothing : object, ...rest),
    );
    replace(
      imports,
      'JsProxy_DelAttr_js',
      (original) =>
        (object, ...rest) =>
          original(closed ? refuse : object, ...rest),
    );
    replace(imports, 'JsvFunction_Construct', (original) => (target, args) => original(closed ? refuse : target, args));
    for (const name of ['JsvFunction_CallBound', 'JsvFunction_Call_OneArg'])
      replace(
        imports,
        name,
        (original) =>
          (target, ...rest) =>
            original(closed && !mayCall(target) ? refuse : target, ...rest),
      );
    for (const name of [
      'JsvObject_CallMethod',
      'JsvObject_CallMethod_NoArgs',
      'JsvObject_CallMethod_OneArg',
      'JsvObject_CallMethod_TwoArgs',
    ])
      replace(imports, name, (original) => (object, method, ...rest) => {
        if (!closed) return original(object, method, ...rest);
        const key = String(method);
        const target = (object as Record<string, unknown> | null)?.[key];
        return RESERVED.has(key) || !mayCall(target)
          ? original({ [key]: refuse }, key, ...rest)
          : original(object, method, ...rest);
      });
  };

  const wasm = (globalThis as unknown as { WebAssembly: WasmApi }).WebAssembly;
  const { instantiate } = wasm;
  const decoder = new TextDecoder();
  wasm.instantiate = async (source, imports) => {
    let memory: Memory | undefined;
    const env = (imports as Record<string, Imports> | undefined)?.['env'];
    if (env && 'JsProxy_GetAttr_js' in env) {
      guard(env, (pointer) => {
        const bytes = new Uint8Array(memory!.buffer);
        const start = pointer >>> 0;
        return decoder.decode(bytes.subarray(start, bytes.indexOf(0, start)));
      });
    }
    const made = await instantiate(source, imports);
    const instance = ('instance' in made ? made.instance : made) as { exports: Record<string, unknown> };
    if (env && instance.exports['memory'] instanceof wasm.Memory) memory = instance.exports['memory'];
    return made;
  };

  const { grow } = wasm.Memory.prototype;
  wasm.Memory.prototype.grow = function (this: Memory, pages: number): number {
    // Emscripten turns this into a failed malloc, and Python that into a MemoryError.
    if (this.buffer.byteLength + pages * 65_536 > memoryLimit) throw new RangeError('memory limit');
    return grow.call(this, pages);
  };

  return {
    close(error, roots) {
      moduleError = error;
      forbidden = collectFunctions(globalThis, refuse, ...roots);
      forbidden.delete(refuse);
      closed = true;
    },
  };
};
