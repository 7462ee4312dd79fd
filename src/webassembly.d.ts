// The part of the WebAssembly JavaScript API that we use. TypeScript has it only together with the
// browser's globals, which this program must not see.

declare namespace WebAssembly {
  interface MemoryDescriptor {
    /** Pages of 64 KiB. */
    readonly initial: number;
    readonly maximum: number;
    readonly shared?: true;
  }

  class Memory {
    constructor(descriptor: MemoryDescriptor);
    /** Of shared memory, which is the only one that we use. */
    readonly buffer: SharedArrayBuffer;
    grow(pages: number): number;
  }

  class Module {
    constructor(bytes: Uint8Array);
  }

  class Instance {
    constructor(module: Module, imports: { readonly env: { readonly memory: Memory } });
    readonly exports: Readonly<Record<string, unknown>>;
  }
}
