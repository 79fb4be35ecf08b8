/**
 * Usage: what clients, lines and the radio carry, against their limits, over the last hour, and who is
 * slowed down just now.
 */
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import type { ConnectionView, UsageView } from '../views.ts';
import { curveOf } from './curve.ts';
import { useDeed, usePanel, usePolled } from './hooks.ts';
import { Facts, Fault, Lamp } from './parts.tsx';
import { shortId } from './words.ts';

/** An hour of samples is long, and does not change much. */
const FRESH_MS = 5000;

export function Usage() {
  const { panel } = usePanel();
  const [usage, setUsage] = useState<UsageView | null>(null);
  const [deed, perform] = useDeed();
  usePolled(
    () => perform(async () => setUsage(await panel.ask(() => panel.requests.usage()))),
    FRESH_MS,
    [],
  );
  if (usage === null) return <Fault deed={deed} />;
  const { samples, connections } = usage;
  return (
    <section>
      <h2>
        Carried <small>Mbit/s, the last hour</small>
      </h2>
      <ul class="plots">
        <Way
          name="clients"
          now={usage.localMbps}
          limit={usage.localLimitMbps}
          of={samples.localMbps}
        />
        <Way
          name="lines"
          now={usage.internetMbps}
          limit={usage.internetLimitMbps}
          of={samples.internetMbps}
        />
        <Way
          name="radio, from lines"
          now={usage.radioMbps}
          limit={usage.radioLimitMbps}
          of={samples.radioMbps}
        />
      </ul>
      <Facts rows={connections.map(connectionRow)} />
    </section>
  );
}

type WayProps = { name: string; now: number; limit: number; of: number[] };

const WIDTH = 200;
const HEIGHT = 44;
const EDGE = 4;

function Way({ name, now, limit, of }: WayProps) {
  // Little is to be seen to be little, and not to be nothing.
  const most = Math.max(limit / 20, ...of) || 1;
  const { path } = curveOf(
    of.map((value, at) => [at, value] as const),
    (at) => EDGE + (at / Math.max(1, of.length - 1)) * (WIDTH - 2 * EDGE),
    (value) => HEIGHT - EDGE - (value / most) * (HEIGHT - 2 * EDGE),
  );
  const label = `${name}: ${rate(now)} of ${rate(limit)} Mbit/s, at most ${rate(Math.max(0, ...of))}`;
  return (
    <li>
      <span>{name}</span>
      <b class="number">
        {rate(now)} <small>of {rate(limit)}</small>
      </b>
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={label}>
        <path d={path} />
      </svg>
    </li>
  );
}

function connectionRow(connection: ConnectionView): [string, ComponentChildren] {
  const { node, name, inMbps, outMbps, waiting, overflowed, slowedToMbps } = connection;
  const isSlowed = slowedToMbps !== null || overflowed > 0;
  const words = [
    `in ${rate(inMbps)}, out ${rate(outMbps)}`,
    waiting > 0 ? `${waiting} wait` : null,
    overflowed > 0 ? `${overflowed} had no room` : null,
    slowedToMbps === null ? null : `slowed to ${rate(slowedToMbps)}`,
  ];
  const lamp = (
    <Lamp is={isSlowed ? 'bad' : 'on'}>{words.filter((word) => word !== null).join('; ')}</Lamp>
  );
  return [name || shortId(node), lamp];
}

function rate(mbps: number): string {
  return mbps.toLocaleString('en', { maximumSignificantDigits: 3 });
}
