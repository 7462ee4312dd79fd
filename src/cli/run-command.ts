// `gophership run`: starts the engine, waits for the signal that ends it, drains. `dev` runs the
// same with a configuration that it made.

import { flushCompileCache } from 'node:module';
import { setFlagsFromString } from 'node:v8';
import { systemClock } from '../clock.ts';
import type { Config } from '../config/config.ts';
import type { ConfigSections } from '../config/effective-yaml.ts';
import { ControlListener } from '../control/control-listener.ts';
import { engineView } from '../engine/engine-view.ts';
import { finalCounts } from '../engine/final-counts.ts';
import { tlsSources } from '../engine/start-checks.ts';
import { startEngine } from '../engine/start-engine.ts';
import type { Supervisor } from '../engine/supervisor.ts';
import { ExitCode, GopherShipError } from '../errors.ts';
import { type Log, stderrLog } from '../log.ts';
import type { CliProcess } from './cli-process.ts';
import type { EffectiveConfig } from './effective-config.ts';
import { withPortHint } from './port-hint.ts';

export interface RunHooks {
  /** The configuration as its sources are now; rejects with what the first reading threw. */
  reread(): Promise<EffectiveConfig>;
  /** Every listener listens. */
  started?(running: RunningEngine): Promise<void>;
}

export interface RunningEngine {
  readonly supervisor: Supervisor;
  /** For operators, apart from the receivers' ports. */
  readonly control: ControlListener;
  /** Of the configuration in use, for people. */
  sections: ConfigSections;
  /** Before the last reload that changed it. */
  configBefore?: { readonly yaml: string; readonly changedWallMs: number };
}

/** Resolves with the exit code when the engine has been stopped. */
export async function runEngine(
  effective: EffectiveConfig,
  cli: CliProcess,
  hooks: RunHooks,
): Promise<ExitCode> {
  const { config, warnings, sections } = effective;
  const startedMs = systemClock.nowMs();
  const log = stderrLog(config.telemetry.logs, systemClock);
  for (const warning of warnings) log.info(warning);
  const died = Promise.withResolvers<ExitCode>();
  // The launcher's flag would hold for the heap of every thread too; from here on each has its own.
  setFlagsFromString('--max-semi-space-size=0');
  const run = async () => {
    // From now on, and carried out once the engine runs: a vault may be read for seconds before.
    const started = Promise.withResolvers<RunningEngine>();
    const reloads: Reloads = { last: started.promise, isWaiting: false };
    cli.onHangup(() => {
      // One after the other, and the next one sees what came before it began.
      if (reloads.isWaiting) return;
      reloads.isWaiting = true;
      reloads.last = reloads.last.then(async () => {
        reloads.isWaiting = false;
        await reload(await started.promise, hooks, log);
      });
    });
    cli.onStateAsked(() => void started.promise.then(({ control }) => control.logState()));
    // First, so that probes are answered while a vault is recovered.
    const control = await ControlListener.listen({
      ...{ config: config.control, metrics: config.telemetry.metrics },
      ...{ certificates: tlsSources(config), clock: systemClock, log },
    });
    const supervisor = await startEngine({
      config,
      host: cli.host,
      log,
      threadDied(thread, cause) {
        log.error('THREAD_DIED', `${thread}: ${cause.message}`, { thread, stack: cause.stack });
        died.resolve(ExitCode.AssertionFailed);
      },
    });
    const running: RunningEngine = { supervisor, control, sections };
    control.attach(
      engineView({
        ...{ supervisor, startedMs, log, version: cli.host.version },
        configYaml: () => yamlOf(running.sections),
        configBefore: () => running.configBefore,
      }),
    );
    flushCompileCache();
    started.resolve(running);
    await hooks.started?.(running);
    return untilStopped(running, config, cli, log);
  };
  // A thread may die before the start has come to its end, which then never comes.
  const ran = run().catch((error) => {
    throw withPortHint(error, config);
  });
  return Promise.race([died.promise, ran]);
}

interface Reloads {
  last: Promise<unknown>;
  isWaiting: boolean;
}

/** Any error keeps what is in use; listeners and connections stay as they are in any case. */
async function reload(running: RunningEngine, { reread }: RunHooks, log: Log): Promise<void> {
  const { supervisor, control } = running;
  supervisor.reloadCertificates();
  void control.reloadCertificates();
  try {
    const { config, sections } = await reread();
    const needRestart = supervisor.reload(config);
    const { zones, replay } = sections;
    const before = yamlOf(running.sections);
    running.sections = {
      ...running.sections,
      ...(zones === undefined ? {} : { zones }),
      ...(replay === undefined ? {} : { replay }),
    };
    if (yamlOf(running.sections) !== before) {
      running.configBefore = { yaml: before, changedWallMs: systemClock.wallMs() };
    }
    const rest =
      needRestart.length === 0 ? '' : `; these need a restart: ${needRestart.join(', ')}`;
    log.info(`read certificates and configuration again${rest}`);
  } catch (error) {
    if (!(error instanceof GopherShipError)) throw error;
    log.error(error.code, `${error.message}; the configuration in use stays`);
  }
}

function yamlOf(sections: ConfigSections): string {
  return Object.values(sections).join('');
}

/** The first SIGTERM or SIGINT drains, a second one does not wait. */
async function untilStopped(
  { supervisor, control }: RunningEngine,
  config: Config,
  cli: CliProcess,
  log: Log,
): Promise<ExitCode> {
  const { drainTimeoutMs } = config.control;
  const signal = await cli.nextStopSignal();
  log.info('draining', { signal, timeout_ms: drainTimeoutMs });
  void cli.nextStopSignal().then(() => supervisor.drainNow());
  const unanswered = await supervisor.drain(drainTimeoutMs);
  // Until here it said that the engine drains.
  await control.close();
  log.info('stopped', {
    unanswered,
    ...finalCounts(supervisor.statePage, config.exporters.length, supervisor.ledger.read()),
  });
  return ExitCode.Ok;
}
