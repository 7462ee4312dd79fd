// A process with one `file` destination, for tests of two that write the same file: sends batches
// one by one, and prints the name of each that was settled as delivered, or why it may not write.
// Arguments: directory, prefix of the names.

import { setTimeout as afterMs } from 'node:timers/promises';
import { bench, settled } from '../support/file-destination-bench.ts';

const [directory = '', prefix = ''] = process.argv.slice(2);
// Of a test the bench asks only to be told when it is over, which here is never.
const context = { after() {} } as unknown as Parameters<typeof bench>[0];
const { destination, send, clock } = bench(context, { directory });
const paddingTexts = ['', 'x'.repeat(3_000)];

process.stdout.write(`started ${process.pid}\n`);
setInterval(() => {}, 60_000); // it ends only when it is killed
// The bench has room for some more than these.
for (let number = 0; number < 4_000; ) {
  const refusal = destination.refusal(1);
  if (refusal !== undefined) {
    process.stdout.write(`refused ${refusal.code}\n`);
    clock.advance(4_000);
    await afterMs(20);
    continue;
  }
  const name = `${prefix}${number}-`;
  number += 1;
  const outcome = send(name, 1, paddingTexts[number % paddingTexts.length]);
  let kind = 0;
  void outcome.then((ended) => {
    kind = ended.kind;
  });
  await settled(() => kind !== 0 || destination.refusal(1) !== undefined);
  if (kind === 0) outcome.abandon();
  if (kind === 1) process.stdout.write(`acked ${name}0\n`);
}
