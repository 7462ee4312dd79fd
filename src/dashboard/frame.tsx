// What stands around every page: which engine, which zone and why, where one is, and whether what
// one sees is of now.

import { useSignal, useSignalEffect } from '@preact/signals';
import type { ComponentType } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { durationText } from '../ctl/quantity-text.ts';
import { asFault, type CallFault } from './call-fault.ts';
import { ClosedPage } from './closed-page.tsx';
import { type PageName, pageNames, useDashboard } from './dashboard.tsx';
import { FaultNote } from './fault-note.tsx';
import { Icon } from './icon.tsx';
import { LiveNote } from './live-note.tsx';
import { ConfigPage } from './pages/config-page.tsx';
import { NowPage } from './pages/now-page.tsx';
import { ReplayPage } from './pages/replay-page.tsx';
import { TapPage } from './pages/tap-page.tsx';
import { VaultPage } from './pages/vault-page.tsx';
import { WhyPage } from './pages/why-page.tsx';
import { durationMsOf } from './wire-json.ts';
import { ZoneBadge } from './zone-badge.tsx';
import { zoneTitle } from './zone-word.ts';

const pages: Readonly<Record<PageName, { readonly title: string; readonly Page: ComponentType }>> =
  {
    now: { title: 'Now', Page: NowPage },
    why: { title: 'Why', Page: WhyPage },
    vault: { title: 'Vault', Page: VaultPage },
    replay: { title: 'Replay', Page: ReplayPage },
    tap: { title: 'Tap', Page: TapPage },
    config: { title: 'Config', Page: ConfigPage },
  };

export function Frame() {
  const { live, page } = useDashboard();
  const main = useRef<HTMLElement>(null);
  const { title, Page } = pages[page.value];
  const link = live.link.value;
  useSignalEffect(() => {
    const host = live.status.value?.value.host ?? 'GopherShip';
    document.title = `${zoneTitle(live.zone.value)} · ${host} · ${pages[page.value].title}`;
  });
  useFocusOn(main, page.value);
  if (link.kind === 'over') return <ClosedPage fault={link.fault} />;
  return (
    <>
      <button type="button" class="skip" onClick={() => main.current?.focus()}>
        Skip to the page
      </button>
      <Head />
      <nav aria-label="Pages">
        <ul>
          {pageNames.map((name) => (
            <li key={name}>
              <a href={`#/${name}`} {...(name === page.value ? { 'aria-current': 'page' } : {})}>
                {pages[name].title}
              </a>
            </li>
          ))}
        </ul>
        <AnotherTab />
      </nav>
      <LiveNote />
      <main ref={main} tabIndex={-1} aria-label={title}>
        <h1 class="unseen">{title}</h1>
        <Page />
      </main>
    </>
  );
}

function Head() {
  const { live, engine, caller } = useDashboard();
  const status = live.status.value?.value;
  const zone = live.zone.value;
  const isLost = live.link.value.kind === 'lost';
  const lasted = durationMsOf(status?.zone?.duration);
  // Of a status that is older than the zone, this says nothing.
  const isOfZone = live.link.value.kind === 'live';
  const { role = '', subject = '' } = caller.answer.value?.value ?? {};
  return (
    <header class={`head ${isLost ? 'is-stale' : ''}`}>
      <div class="head-engine">
        <strong>{status?.host ?? engine}</strong>
        <span class="dim">
          GopherShip {status?.version} <span title={subject}>· {role}</span>
        </span>
      </div>
      <div class="head-zone">
        <ZoneBadge zone={zone} />
        {isOfZone && lasted !== undefined && <span>for {durationText(lasted)}</span>}
        {isOfZone && <span class="dim">{status?.zone?.reason}</span>}
      </div>
      <Marks />
    </header>
  );
}

/** The address of this tab opens nothing: each tab needs a link of its own. */
function AnotherTab() {
  const { client } = useDashboard();
  const fault = useSignal<CallFault | undefined>(undefined);
  const open = async () => {
    try {
      fault.value = undefined;
      window.open(await client.link(), '_blank', 'noopener');
    } catch (error) {
      fault.value = asFault(error);
    }
  };
  return (
    <>
      <button type="button" class="link" onClick={open}>
        Another tab
      </button>
      {fault.value !== undefined && <FaultNote fault={fault.value} />}
    </>
  );
}

function Marks() {
  const { live } = useDashboard();
  const status = live.status.value?.value;
  const marks = [
    status?.zone?.override !== undefined && 'held by an override',
    status?.zone?.observesOnly === true && 'observes only',
    status?.isDraining === true && 'draining',
  ].filter((mark) => mark !== false);
  if (marks.length === 0) return null;
  return (
    <ul class="marks">
      {marks.map((mark) => (
        <li key={mark}>
          <Icon name="warning" /> {mark}
        </li>
      ))}
    </ul>
  );
}

/** Whoever goes to another page goes on reading there; not at the start, where nobody went. */
function useFocusOn(main: { readonly current: HTMLElement | null }, page: PageName): void {
  const before = useRef(page);
  useEffect(() => {
    if (before.current === page) return;
    before.current = page;
    main.current?.focus();
    window.scrollTo(0, 0);
  }, [page, main]);
}
