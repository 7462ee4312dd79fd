// `gs-ctl top` with a fault of ours in it, as a process of its own: the third frame throws, or
// something else does, which nobody catches.

import { frame } from '../../src/ctl/top/frame.ts';
import { top } from '../../src/ctl/top/top.ts';

const [address = '', ca = '', cert = '', key = '', where = ''] = process.argv.slice(2);
let frames = 0;

await top(
  { address, ca, cert, key, timeoutMs: 5_000 },
  {
    out: (text) => process.stdout.write(text),
    talk: (text) => process.stderr.write(text),
    environment: process.env,
    directory: process.cwd(),
    format: 'table',
    screen: { input: process.stdin, output: process.stdout },
  },
  (...input) => {
    frames += 1;
    if (frames === 3) {
      if (where === 'frame') throw new Error('a fault in a frame');
      setImmediate(() => {
        throw new Error('a fault elsewhere');
      });
    }
    return frame(...input);
  },
);
