/**
 * Virtual radio: a place on a simulated island, as the radio of a real program. What passes it are
 * the packets of a real radio; no adapter is opened, and nothing of it leaves this process.
 */
import type { Advertisement, Radio, RadioEvent, Service } from '../../device/pi/radio.ts';
import type { RadioNews, RadioOrder } from '../simulate/ether.ts';

/** In front of the addresses of the ether, so that nobody takes them for those of devices. */
const PREFIX = 'virtual-';

/** `order` is performed on the island, `close` takes this place off it. */
export function virtualRadio(
  order: (order: RadioOrder) => void,
  close: () => Promise<void>,
  events: (event: RadioEvent) => void,
): Radio {
  return {
    connect(link: number, address: string, service: Service) {
      if (service === 'uart') {
        // Nobody here has a console; the answer comes later, as every answer does.
        return queueMicrotask(() => events({ kind: 'closed', link, why: 'nothing to flash here' }));
      }
      order({ kind: 'connect', link, address: address.slice(PREFIX.length), service });
    },
    disconnect: (link) => order({ kind: 'disconnect', link }),
    write: (link, bytes) => order({ kind: 'write', link, bytes: new Uint8Array(bytes) }),
    advertise(what: Advertisement | null) {
      if (what === null) return order({ kind: 'hide' });
      order({ kind: 'advertise', bytes: what.bytes, connectable: what.isConnectable });
    },
    scan: (on) => order({ kind: 'scan', on }),
    close,
  };
}

/** What the ether tells, in the words of a radio. */
export function asRadioEvent(news: RadioNews): RadioEvent {
  switch (news.kind) {
    case 'sighted':
      return { ...news, address: PREFIX + news.address, name: '' };
    case 'opened': {
      const { link, medium, rssi, address = '' } = news;
      const service = medium === 'phone' ? 'phone' : 'node';
      // The header of a segment goes into a write, too.
      const payloadMax = news.payloadMax + 1;
      return { kind: 'opened', link, service, address: PREFIX + address, payloadMax, rssi };
    }
    case 'closed':
      return { ...news, why: 'the other end has gone' };
    default:
      return news;
  }
}
