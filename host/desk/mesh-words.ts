/**
 * Mesh words: what happened in the mesh, as a sentence for people and figures for programs.
 */
import type {
  MeshEvent,
  PartitionAccounting,
  PeerDecision,
  PeerLeftReason,
  RecoveryOutcome,
  RouteSwitchReason,
} from '../events.ts';
import type { MeshHappening } from '../http/views.ts';
import { PUBLIC } from '../types.ts';

type Said = Pick<MeshHappening, 'text' | 'tone'> & {
  peer?: Uint8Array;
  figures?: Figures;
  /** A person is told of it in another way, or it happens with every packet. */
  isRoutine?: boolean;
};
type Figures = Record<string, number>;

export function saidOf(event: MeshEvent, nameOf: (id: Uint8Array) => string): Said {
  switch (event.kind) {
    case 'PeerJoined':
      return routine(`${event.name || nameOf(event.peer)} is here`, event.peer);
    case 'PeerLeft': {
      const { peer, name, reason } = event;
      return routine(`${name || nameOf(peer)} is gone: ${LEFT[reason]}`, peer);
    }
    case 'MessageReceived': {
      const { sender, conversation } = event;
      const where = conversation === PUBLIC ? 'to everyone' : 'in private';
      return routine(`${nameOf(sender)} said something ${where}`, sender);
    }
    case 'MessageValidated':
      return routine(`the signature of ${nameOf(event.sender)} holds`, event.sender);
    case 'MessageDropped': {
      const { reason, count } = event;
      const what = count === 1 ? 'packet went' : 'packets went';
      return { ...routine(`${count} ${what} no further: ${reason}`), figures: { count } };
    }
    case 'RouteDiscovered': {
      const { peer, hops } = event;
      const far = hops === 1 ? '1 hop' : `${hops} hops`;
      return { ...routine(`a way to ${nameOf(peer)}: ${far}`, peer), figures: { hops } };
    }
    case 'PeerJudged': {
      const { peer, decision, by } = event;
      const text = `${nameOf(peer)}: ${DECISIONS[decision]}${by === 'person' ? '' : ', by what was seen of it'}`;
      return { text, tone: decision === 'allow' ? 'good' : 'warning', peer };
    }
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
      const tries = attempts === 1 ? '1 attempt' : `${attempts} attempts`;
      const text = `${nameOf(peer)} ${OUTCOMES[outcome]} after ${tries}`;
      const tone = outcome === 'given-up' ? 'warning' : 'good';
      return { text, tone, peer, figures: { attempts } };
    }
    case 'HealthChanged': {
      const { category, score, level, why } = event;
      const tone = level === 'good' ? 'good' : level === 'warning' ? 'warning' : 'bad';
      const text = `${category} is ${level}: ${why}`;
      return { text, tone, figures: { score: hundredths(score) } };
    }
    case 'RouteSwitched':
      return {
        text: `another way to ${nameOf(event.peer)}: ${SWITCHES[event.reason]}`,
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
      const { side, way, limitMbps } = event;
      const then = way === 'in' ? 'are not read for a while' : 'what is for them waits';
      const text = `${SIDES[side]} reached the limit of ${limitMbps} Mbit/s: ${then}`;
      return { text, tone: 'warning', figures: { limitMbps } };
    }
    case 'LineSlowed': {
      const { peer, side, mbps } = event;
      const who = side === 'local' ? 'the client' : 'the line to';
      const text = `${who} ${nameOf(peer)} is congested: it is offered ${mbps} Mbit/s, what matters most first`;
      return { text, tone: 'warning', peer, figures: { mbps } };
    }
    case 'LineRecovered': {
      const { peer, side } = event;
      const who = side === 'local' ? 'the client' : 'the line to';
      return {
        text: `${who} ${nameOf(peer)} takes all that there is for it again`,
        tone: 'good',
        peer,
      };
    }
    case 'ComponentFailed': {
      const { component, why, retryMs } = event;
      const text = `${component} failed (${why}); it is begun anew in ${span(retryMs)}`;
      return { text, tone: 'bad', figures: { retryMs } };
    }
    case 'ComponentRestarted':
      return { text: `${event.component} runs again`, tone: 'good' };
  }
}

function routine(text: string, peer?: Uint8Array): Said {
  return { text, tone: 'plain', isRoutine: true, ...(peer !== undefined && { peer }) };
}

const LEFT: Record<PeerLeftReason, string> = {
  user: 'it said goodbye',
  network: 'no way leads to it any more, or too many others are here',
  security: 'it is not let in any more',
  timeout: 'nothing was heard of it any more',
  protocol: 'it speaks another protocol',
};
const DECISIONS: Record<PeerDecision, string> = {
  allow: 'let in again',
  deny: 'turned away',
  quarantine: 'kept apart',
};

/** Of those that were cut off, the rest is counted. */
const NAMES_MAX = 5;
const SIDES = {
  local: 'clients, or one of them,',
  internet: 'lines to other gateways, or one of them,',
  radio: 'what lines give to the radios',
};
const SWITCHES: Record<RouteSwitchReason, string> = {
  failed: 'the one before is broken, or came to nothing',
  better: 'it is better by a fifth',
  congested: 'the link of the one before is crowded',
  stale: 'nobody tells of it any more',
};
const OUTCOMES: Record<RecoveryOutcome, string> = {
  recovered: 'is back',
  returned: 'came back by itself',
  'given-up': 'was not found',
};
const WAYS = {
  reconnect: 'it is dialled again',
  route: 'another way to it is looked for',
  bridge: 'gateways are asked for it',
};

function healed(accounting: PartitionAccounting): Said {
  const { lost, missing, compared, ...counts } = accounting;
  const { splitAt, healedAt, reconciled, stillLost } = counts;
  const times = `split ${hour(splitAt)}, healed ${hour(healedAt)}`;
  const away = stillLost === 0 ? '' : `; ${stillLost} of ${lost.length} nodes are not back`;
  const text = `${times}, ${reconciled} messages reconciled, ${lostOf(accounting)}${away}`;
  const tone = missing === 0 && stillLost === 0 ? 'good' : 'warning';
  const known = missing === null ? {} : { missing };
  const figures = {
    ...counts,
    ...known,
    isCompared: Number(compared !== 'not'),
    lost: lost.length,
  };
  return { text, tone, figures };
}

/** Nothing is said to be nothing that was not compared. */
function lostOf({ missing, compared }: PartitionAccounting): string {
  if (missing === null) return 'how many were lost is not known';
  if (compared === 'not') return `at least ${missing} lost`;
  return compared === 'with-them' ? `${missing} lost` : `${missing} lost of what neighbours have`;
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
