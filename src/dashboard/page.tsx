// The page of the dashboard: takes its one-time link, and renders what the engine behind
// `gs-ctl dashboard` tells. Everything that a peer wrote is rendered as text.

import { render } from 'preact';
import { asFault } from './call-fault.ts';
import { ClosedPage } from './closed-page.tsx';
import { createDashboard, DashboardContext } from './dashboard.tsx';
import { Frame } from './frame.tsx';
import { openSession } from './session.ts';

const place = document.body;

try {
  const session = await openSession({
    fetch: (path, init) => fetch(path, init),
    storage: sessionStorage,
    fragment: location.hash,
    forgetFragment: () => history.replaceState(null, '', '/'),
  });
  render(
    <DashboardContext value={createDashboard(session)}>
      <Frame />
    </DashboardContext>,
    place,
  );
} catch (error) {
  render(<ClosedPage fault={asFault(error)} />, place);
}
