/** Type names: what people call the types of packets (WIRE §3, §20). */
const NAMES: Record<number, string> = {
  0x01: 'announce',
  0x02: 'message',
  0x03: 'leave',
  0x04: 'courier',
  0x10: 'handshake',
  0x11: 'encrypted',
  0x20: 'fragment',
  0x21: 'request sync',
  0x22: 'file',
  0x23: 'board post',
  0x24: 'prekeys',
  0x25: 'group message',
  0x26: 'ping',
  0x27: 'pong',
  0x28: 'nostr carrier',
  0x29: 'voice',
  0xe0: 'hello',
  0xe1: 'control',
  0xe2: 'heartbeat',
  0xe3: 'link state',
  0xe4: 'gossip',
  0xe5: 'reconcile',
  0xe6: 'channel',
  0xe7: 'hopline file',
  0xe8: 'room',
  0xe9: 'receipt',
  0xea: 'gateway',
  0xeb: 'trace',
  0xec: 'note',
  0xed: 'noted',
  0xee: 'locate',
  0xef: 'spread',
};

export function typeName(type: number): string {
  return NAMES[type] ?? `type 0x${type.toString(16).padStart(2, '0')}`;
}

/** Every name that `typeOf` knows. */
export const TYPE_NAMES = Object.values(NAMES);

/** The type of that name, or of a number as `typeName` writes it; null for neither. */
export function typeOf(name: string): number | null {
  const known = Object.entries(NAMES).find(([, each]) => each === name);
  if (known !== undefined) return Number(known[0]);
  const [, digits] = /^(?:type )?0x([0-9a-f]{1,2})$/i.exec(name) ?? [];
  return digits === undefined ? null : Number.parseInt(digits, 16);
}
