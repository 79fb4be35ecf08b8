/**
 * Record view: what happened, what was logged, which packets pass, and who decided what.
 */
import type { FunctionComponent } from 'preact';
import { AuditView } from './audit.tsx';
import { EventsView } from './events.tsx';
import { usePanel } from './hooks.ts';
import { LogView } from './log.tsx';
import { PacketsView } from './packets.tsx';
import { hashOf } from './route.ts';
import type { PageProps } from './route.ts';

type PartName = 'events' | 'log' | 'packets' | 'audit';

const PARTS: Record<PartName, { title: string; View: FunctionComponent<{ at: string | null }> }> = {
  events: { title: 'Events', View: EventsView },
  log: { title: 'Log', View: LogView },
  packets: { title: 'Packets', View: PacketsView },
  audit: { title: 'Audit', View: AuditView },
};
const NAMES = Object.keys(PARTS) as PartName[];

export function RecordView({ of, at }: PageProps) {
  const { status } = usePanel().state.parts;
  const name = NAMES.find((each) => each === of) ?? 'events';
  const { View } = PARTS[name];
  return (
    <div class="record">
      <nav class="tabs" aria-label="Record">
        {NAMES.map((each) => (
          <a
            key={each}
            href={hashOf('record', each)}
            aria-current={each === name ? 'page' : undefined}
          >
            {PARTS[each].title}
          </a>
        ))}
      </nav>
      {/* Another start of the bridge counts anew. */}
      <View key={`${name} ${status?.startedAt}`} at={at} />
    </div>
  );
}
