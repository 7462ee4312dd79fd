// Builds src/kernel/kernel.wasm from kernel/ with the AssemblyScript compiler of package-lock.json:
// the same sources give the same bytes, on any machine. `--check` writes nothing and fails when the
// committed file is not what the sources give.

import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';

const kernelDirectory = fileURLToPath(new URL('../kernel/', import.meta.url));
const wasmPath = fileURLToPath(new URL('../src/kernel/kernel.wasm', import.meta.url));

/** The module that the sources give now. */
export async function buildKernel(): Promise<Uint8Array> {
  let output: Uint8Array | undefined;
  const { error, stderr } = await asc.main(
    ['--config', 'asconfig.json', '--baseDir', kernelDirectory, '--outFile', 'kernel.wasm'],
    {
      readFile: (name, directory) => readText(resolve(directory, name)),
      writeFile: (_name, contents) => {
        if (contents instanceof Uint8Array) output = contents;
      },
    },
  );
  if (error !== null || output === undefined) {
    throw new Error(`kernel does not compile:\n${stderr.toString()}`, { cause: error });
  }
  return output;
}

/** What stands in the tree. */
export function committedKernel(): Uint8Array {
  return readFileSync(wasmPath);
}

function readText(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null; // The compiler tries several names for an import, the first there wins.
  }
}

if (import.meta.main) {
  const built = await buildKernel();
  if (!process.argv.includes('--check')) {
    writeFileSync(wasmPath, built);
    process.stdout.write(`kernel.wasm: ${built.length} bytes\n`);
  } else if (Buffer.compare(built, committedKernel()) !== 0) {
    process.stderr.write(
      'src/kernel/kernel.wasm is not what kernel/ gives: run tools/build-kernel.ts\n',
    );
    process.exitCode = 1;
  }
}
