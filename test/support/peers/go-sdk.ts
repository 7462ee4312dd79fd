// The OpenTelemetry SDK for Go as a producer: built from the folder go-sdk beside this file.

import { builtGoProgram } from './go-program.ts';
import { exporterVariables, type ProducerOptions, producerArguments } from './producer.ts';
import { runToEnd } from './run-to-end.ts';

export async function runGoProducer(options: ProducerOptions): Promise<void> {
  await runToEnd({
    name: 'Go producer',
    command: await builtGoProgram(new URL('./go-sdk', import.meta.url).pathname),
    args: producerArguments(options),
    env: exporterVariables(options),
  });
}
