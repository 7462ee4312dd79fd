// The words of gs-ctl: one tree of commands, which the command line, the help, the completion
// scripts and the check of docs/CTL.md read. What a command does is loaded when it is run.

import { Command } from 'commander';
import { addCertsCommands } from './certs-commands.ts';
import { outputOption, type RunCommand } from './command-flags.ts';
import { addCompletionCommand } from './completion-command.ts';
import { addConfigCommands } from './config-commands.ts';
import { addContextsCommand } from './contexts-command.ts';
import { addDashboardCommand } from './dashboard-command.ts';
import { addDoctorCommand } from './doctor-command.ts';
import { addDrainCommand } from './drain-command.ts';
import { addEngineCommands } from './engine-commands.ts';
import { addOverrideCommands } from './override-commands.ts';
import { addReplayCommands } from './replay-commands.ts';
import { addSendCommand } from './send-command.ts';
import { addTapCommand } from './tap-command.ts';
import { addTopCommand } from './top-command.ts';
import { addVaultCommands } from './vault-commands.ts';
import { addVersionCommand } from './version-command.ts';

export function ctlProgram(run: RunCommand, ownVersion: () => string): Command {
  const program = new Command('gs-ctl')
    .description('Operates GopherShip engines over their control port.')
    .addOption(outputOption())
    .configureHelp({ showGlobalOptions: true })
    .exitOverride()
    .configureOutput({ outputError: () => {} });
  addEngineCommands(program, run);
  addTopCommand(program, run);
  addDashboardCommand(program, run);
  addOverrideCommands(program, run);
  addReplayCommands(program, run);
  addDrainCommand(program, run);
  addVaultCommands(program, run);
  addConfigCommands(program, run);
  addDoctorCommand(program, run);
  addContextsCommand(program, run);
  addTapCommand(program, run);
  addSendCommand(program, run);
  addCertsCommands(program, run);
  addVersionCommand(program, run, ownVersion);
  addCompletionCommand(program, run);
  return program;
}
