// Started with a limit on the size of files: writes over it through direct-file.ts and prints what
// the calls said.

import { OpenMode } from '../../src/vault/block-file.ts';
import { DirectDirectory } from '../../src/vault/direct-file.ts';
import { IoFault, ioFaultName } from '../../src/vault/io-fault.ts';
import { shortWriteCause } from '../../src/vault/write-probe.ts';
import { firstFreeBytes, vaultArena } from './vault-arena.ts';

const [, , path = '', kind = ''] = process.argv;
const direct = kind === 'direct';
const lengthBytes = 65_536;
const { area } = vaultArena(lengthBytes);
const directory = new DirectDirectory(path);
const opened = directory.open(kind, { mode: OpenMode.Create, direct });
if (opened.fault !== IoFault.None) throw new Error(ioFaultName(opened.fault));
const { file } = opened;
const faults = [
  file.write(area.bytes, firstFreeBytes, lengthBytes, 0),
  shortWriteCause(directory, 'probe', direct, area.bytes, firstFreeBytes),
  file.write(area.bytes, firstFreeBytes, lengthBytes, lengthBytes),
];
const sizeBytes = file.sizeBytes();
process.stdout.write(JSON.stringify({ faults: faults.map(ioFaultName), sizeBytes }));
