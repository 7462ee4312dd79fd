// Entry point of the process that serves the dashboard for another (dashboard-child.ts). It ends
// with the one that started it, however that ends: the channel between the two closes.

import { asCtlError } from '../ctl/ctl-error.ts';
import { readPageFiles } from '../ctl/dashboard/page-files.ts';
import { openDashboard } from '../ctl/dashboard.ts';
import type { Terminal } from '../ctl/terminal.ts';
import type { DashboardAnswer, DashboardQuestion } from './dashboard-messages.ts';

process.once('disconnect', () => process.exit());

// The parent is dashboard-child.ts and sends nothing else.
process.once('message', async (question: DashboardQuestion) => {
  try {
    const { flags, directory } = question;
    const files = await readPageFiles();
    const dashboard = await openDashboard(flags, silentTerminal(directory), files);
    tell({ kind: 'open', link: dashboard.link });
    await dashboard.idle;
    process.exit();
  } catch (error) {
    const known = asCtlError(error);
    if (known === undefined) throw error;
    const { message, hint } = known;
    tell({ kind: 'refused', message: hint === '' ? message : `${message} (${hint})` });
    process.disconnect?.();
  }
});

function tell(answer: DashboardAnswer): void {
  process.send?.(answer);
}

/** The target is in the question whole: nothing is looked up. */
function silentTerminal(directory: string): Terminal {
  return { out() {}, talk() {}, environment: {}, directory, format: 'json' };
}
