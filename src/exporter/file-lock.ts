// The right to write one output file. The claim is a Unix socket beside the file that its owner
// listens on: the kernel alone says whether somebody does, over all threads, processes and
// namespaces, and forgets it when the process dies, however it dies.
//
// Nobody takes a claim over. Who wants the file first makes a claim of its own, under a name that
// never comes again, and then looks for others: one that lives means to withdraw, a dead one is
// removed. Of two who come together the later to claim sees the other, so never both go on; both
// may withdraw, and try again.

import { createHash, randomBytes } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import * as files from 'node:fs/promises';
import net from 'node:net';
import { basename, dirname, join } from 'node:path';
import { GopherShipError } from '../errors.ts';

export class FileLock {
  readonly #path: string;
  readonly #directory: string;
  readonly #prefix: string;
  #name = '';
  #server: net.Server | undefined;
  /** Of a directory whose name is too long for a socket's address. */
  #handle: FileHandle | undefined;

  /** `path` is that of the output file; its directory must be there at acquire(). */
  constructor(path: string) {
    const hash = createHash('sha256').update(basename(path)).digest('hex');
    this.#path = path;
    this.#directory = dirname(path);
    this.#prefix = `.gophership-lock-${hash.slice(0, 12)}-`;
  }

  /**
   * Throws DESTINATION_DOWN while another destination or process has the file, and what the file
   * system says.
   */
  async acquire(): Promise<void> {
    if (this.#server !== undefined) {
      if ((await this.#claims()).includes(this.#name)) return;
      await this.release(); // somebody emptied the directory, so others do not see the claim
    }
    try {
      await this.#claim();
      await this.#checkOthers();
    } catch (error) {
      await this.release();
      throw error;
    }
  }

  async release(): Promise<void> {
    const server = this.#server;
    const handle = this.#handle;
    this.#server = undefined;
    this.#handle = undefined;
    if (server !== undefined) await new Promise((resolve) => server.close(resolve));
    await handle?.close();
  }

  async #claim(): Promise<void> {
    this.#name = `${this.#prefix}${process.pid}-${randomBytes(6).toString('hex')}`;
    if (Buffer.byteLength(join(this.#directory, this.#name)) > addressSizeBytesMax) {
      this.#handle = await files.open(this.#directory);
    }
    const server = net.createServer((socket) => socket.destroy());
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ path: this.#addressOf(this.#name) }, () => {
        server.off('error', reject);
        resolve();
      });
    });
    // A connection that cannot be accepted is one of somebody who only asks whether we live.
    server.on('error', () => {});
    server.unref();
    this.#server = server;
  }

  async #checkOthers(): Promise<void> {
    const claims = await this.#claims();
    for (const name of claims) {
      if (name === this.#name) continue;
      if (await isAlive(this.#addressOf(name))) {
        const pid = name.slice(this.#prefix.length).split('-')[0];
        throw new GopherShipError('DESTINATION_DOWN', `${this.#path}: process ${pid} writes it`);
      }
      await files.unlink(join(this.#directory, name)).catch(ignoreAbsent);
    }
    // Another one looked between our bind and listen and took us for dead.
    if (!claims.includes(this.#name)) {
      throw new GopherShipError('DESTINATION_DOWN', `${this.#path}: another one claims it too`);
    }
  }

  async #claims(): Promise<readonly string[]> {
    const names = await files.readdir(this.#directory);
    return names.filter((name) => name.startsWith(this.#prefix));
  }

  #addressOf(name: string): string {
    return this.#handle === undefined
      ? join(this.#directory, name)
      : `/proc/self/fd/${this.#handle.fd}/${name}`;
  }
}

/** sockaddr_un has room for 108 bytes with the zero at the end. */
const addressSizeBytesMax = 107;

/** Only a refusal by the kernel proves a claim dead; whatever else it says may be a busy owner. */
function isAlive(address: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect({ path: address });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', (error: NodeJS.ErrnoException) => {
      resolve(error.code !== 'ECONNREFUSED' && error.code !== 'ENOENT');
    });
  });
}

function ignoreAbsent(error: unknown): void {
  // Its owner, or another one that found it dead, was faster.
  if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
}
