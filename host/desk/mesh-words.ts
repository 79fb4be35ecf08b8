/**
 * Mesh words: what happened in the mesh, as a sentence for people and figures for programs.
 */
import type { MeshEvent, PartitionAccounting } from '../events.ts';
import type { MeshHappening } from '../http/views.ts';

type Said = Pick<MeshHappening, 'text' | 'tone'> & { peer?: Uint8Array; figures?: Figures };
type Figures = Record<string, number>;

/** Null for what a person is told of in another way, or that happens with every packet. */
export function saidOf(event: MeshEvent, nameOf: (id: Uint8Array) => string): Said | null {
  switch (event.kind) {
    case 'NodeSuspected': {
      const { peer, phi } = event;
      const text = `${nameOf(peer)} may have failed; others are asked about it`;
      return { text, tone: 'warning', peer, figures: { phi: hundredths(phi) } };
    }
    case 'NodeConfirmedFailed': {
      const { peer, silentMs } = event;
      const text = `${nameOf(peer)} has failed: nobody heard it for ${span(silentMs)}`;
      return { text, tone: 'bad', peer, figures: { silentMs: Math.round(silentMs) } };
    }
    case 'NodeRecovered': {
      const { peer, silentMs } = event;
      const text = `${nameOf(peer)} is alive; it was silent for ${span(silentMs)}`;
      return { text, tone: 'good', peer, figures: { silentMs: Math.round(silentMs) } };
    }
    case 'PartitionDetected': {
      const { partition, lost } = event;
      const names = lost.slice(0, NAMES_MAX).map(nameOf).join(', ');
      const more = lost.length > NAMES_MAX ? ` and ${lost.length - NAMES_MAX} more` : '';
      const text = `a part of the mesh is cut off: ${names}${more}`;
      return { text, tone: 'bad', figures: { partition, lost: lost.length } };
    }
    case 'PartitionHealed':
      return healed(event.accounting);
    case 'RecoveryTried': {
      const { peer, attempt, way } = event;
      const text = `${nameOf(peer)}: ${WAYS[way]}, attempt ${attempt}`;
      return { text, tone: 'plain', peer, figures: { attempt } };
    }
    case 'RecoveryEnded': {
      const { peer, attempts, outcome } = event;
      const isBack = outcome === 'recovered';
      const text = `${nameOf(peer)} ${isBack ? 'is back' : 'was not found'} after ${attempts} attempts`;
      return { text, tone: isBack ? 'good' : 'warning', peer, figures: { attempts } };
    }
    case 'HealthChanged': {
      const { category, score, level, why } = event;
      const tone = level === 'good' ? 'good' : level === 'warning' ? 'warning' : 'bad';
      const text = `${category} is ${level}: ${why}`;
      return { text, tone, figures: { score: hundredths(score) } };
    }
    case 'RouteSwitched':
      return {
        text: `another way to ${nameOf(event.peer)}: the one before is ${event.reason}`,
        tone: 'plain',
        peer: event.peer,
      };
    case 'SecurityEvent': {
      const { peer, threat, detail } = event;
      const text = `${threat}${peer === null ? '' : ` by ${nameOf(peer)}`}: ${detail}`;
      return { text, tone: 'warning', ...(peer !== null && { peer }) };
    }
    case 'QueueOverflow': {
      const { link, dropped } = event;
      const text = `link ${link} had no room for ${dropped} packets`;
      return { text, tone: 'warning', figures: { link, dropped } };
    }
    case 'BandwidthLimit': {
      const { side, limitMbps } = event;
      const who = side === 'local' ? 'clients, or one of them,' : 'lines to other gateways';
      const text = `${who} reached the limit of ${limitMbps} Mbit/s, and are not read for a while`;
      return { text, tone: 'warning', figures: { limitMbps } };
    }
    case 'ComponentFailed': {
      const { component, why, retryMs } = event;
      const text = `${component} failed (${why}); it is begun anew in ${span(retryMs)}`;
      return { text, tone: 'bad', figures: { retryMs } };
    }
    case 'ComponentRestarted':
      return { text: `${event.component} runs again`, tone: 'good' };
    default:
      return null;
  }
}

/** Of those that were cut off, the rest is counted. */
const NAMES_MAX = 5;
const WAYS = {
  reconnect: 'it is dialled again',
  route: 'another way to it is looked for',
  bridge: 'gateways are asked for it',
};

function healed({ lost: ids, ...accounting }: PartitionAccounting): Said {
  const { splitAt, healedAt, reconciled, missing } = accounting;
  const text = `split ${hour(splitAt)}, healed ${hour(healedAt)}, ${reconciled} messages reconciled, ${missing} lost`;
  const tone = missing === 0 ? 'good' : 'warning';
  return { text, tone, figures: { ...accounting, lost: ids.length } };
}

function hour(unixMs: number): string {
  const at = new Date(unixMs);
  return [at.getHours(), at.getMinutes()].map((part) => String(part).padStart(2, '0')).join(':');
}

function span(ms: number): string {
  const seconds = Math.round(ms / 1000);
  return seconds < 120 ? `${seconds} s` : `${Math.round(seconds / 60)} min`;
}

function hundredths(value: number): number {
  return Math.round(value * 100) / 100;
}
