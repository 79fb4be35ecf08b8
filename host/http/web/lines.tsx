/**
 * Lines: the lines to other gateways, each with what is wrong with it.
 */
import type { LineView } from '../views.ts';
import { useDeed, usePanel } from './hooks.ts';
import { Empty, Fault, Lamp, Twice } from './parts.tsx';
import { hashOf } from './route.ts';
import { shortId, span } from './words.ts';

const LAMPS: Record<LineView['state'], 'on' | 'off' | 'bad'> = {
  up: 'on',
  dialling: 'off',
  down: 'bad',
  found: 'off',
};

export function Lines({ lines, now }: { lines: LineView[]; now: number }) {
  if (lines.length === 0) {
    return (
      <Empty title="No line yet">
        <p>
          A line joins this island with another one over the internet.{' '}
          <a href={hashOf('join')}>Invite</a> its gateway, or join it.
        </p>
      </Empty>
    );
  }
  return (
    <ul class="lines">
      {lines.map((line) => (
        <LineRow key={line.node} line={line} now={now} />
      ))}
    </ul>
  );
}

const ORIGINS: Record<LineView['origin'], string> = {
  config: 'from the settings',
  joined: 'joined',
  invited: 'invited',
  found: 'in this network: invite there, and join here',
};

function LineRow({ line, now }: { line: LineView; now: number }) {
  const { panel } = usePanel();
  const [deed, perform] = useDeed();
  const { node, name, address, state, sinceAt, roundTripMs, problem, origin } = line;
  return (
    <li>
      <p>
        <Lamp is={LAMPS[state]}>{state}</Lamp>{' '}
        <a href={hashOf('map', node)}>{name || shortId(node)}</a>
      </p>
      <p class="dim">
        {[
          address ?? 'dialled by the other end',
          ORIGINS[origin],
          sinceAt === null ? null : `for ${span(now - sinceAt)}`,
          roundTripMs === null ? null : `${Math.round(roundTripMs)} ms`,
        ]
          .filter((word) => word !== null)
          .join(' · ')}
      </p>
      {problem !== null && state !== 'up' && <p class="bad">{problem}</p>}
      {origin !== 'config' && origin !== 'found' && (
        <Twice
          label="Part"
          question={`End the line to ${name || shortId(node)} for good?`}
          isBusy={deed.isBusy}
          onYes={() => void perform(() => panel.hangUp(node))}
        />
      )}
      <Fault deed={deed} />
    </li>
  );
}
