/** Who may be a client: whoever has a token that a person gave out, and has not taken away. */
import { describe, expect, it } from 'vitest';
import { Clients, CLIENTS_MAX, LINES_PER_CLIENT_MAX } from '../../../host/gateway/clients.ts';
import type { StoreWrite } from '../../../host/types.ts';
import { toHex } from '../../../protocol/wire/hex.ts';
import { crypto } from '../../protocol/trust/ports.ts';
import { filled } from '../../protocol/wire/given.ts';

const NOW = 1_800_000_000_000;

describe('a token', () => {
  it('lets in whoever shows it, and is kept by its hash alone', () => {
    const { clients, add, stored } = clientsOf();
    const token = add('tablet');
    expect(clients.admits(node(1), token)).toBe(true);
    expect(clients.admits(node(1), filled(16, 99))).toBe(false);
    expect(clients.admits(node(1), token.subarray(1))).toBe(false);
    expect(stored()).toContain(toHex(crypto.sha256(token)));
    expect(stored()).not.toContain(toHex(token));
  });

  it('is good after a restart, and not after it was taken away', () => {
    const { clients, add, again } = clientsOf();
    const token = add('tablet');
    expect(again().admits(node(1), token)).toBe(true);
    clients.ask({ kind: 'remove-client', name: 'tablet' }, NOW);
    expect(clients.admits(node(1), token)).toBe(false);
  });

  it(`is good for ${LINES_PER_CLIENT_MAX} lines at once, and for who is here already`, () => {
    const { clients, add } = clientsOf();
    const token = add('tabs');
    for (let at = 1; at <= LINES_PER_CLIENT_MAX; at++) clients.lineUp(node(at), token);
    expect(clients.admits(node(9), token)).toBe(false);
    expect(clients.admits(node(1), token)).toBe(true);
    expect(clients.all()[0].nodes).toHaveLength(LINES_PER_CLIENT_MAX);
    clients.lineDown(node(1));
    expect(clients.admits(node(9), token)).toBe(true);
  });
});

describe('a wish about clients is refused', () => {
  it.each([
    ['', 'is named by up to 32'],
    ['a\nb', 'is named by up to 32'],
    ['x'.repeat(33), 'is named by up to 32'],
    ['tablet', 'there is a client tablet already'],
  ])('by the name %j: %s', (name, why) => {
    const { clients, add } = clientsOf();
    add('tablet');
    const { answer, isChanged, writes } = clients.ask({ kind: 'add-client', name }, NOW);
    expect(answer).toMatchObject({ kind: 'refused', why: expect.stringContaining(why) });
    expect([isChanged, writes]).toEqual([false, []]);
  });

  it('when there are too many, none of that name, or no clock', () => {
    const { clients, add } = clientsOf();
    for (let at = 0; at < CLIENTS_MAX; at++) add(`client ${at}`);
    const refusal = (wish: Parameters<Clients['ask']>[0], now: number | null): unknown =>
      clients.ask(wish, now).answer;
    const name = 'one more';
    expect(refusal({ kind: 'add-client', name }, NOW)).toMatchObject({ kind: 'refused' });
    expect(refusal({ kind: 'remove-client', name }, NOW)).toMatchObject({ kind: 'refused' });
    expect(refusal({ kind: 'remove-client', name: 'client 0' }, null)).toMatchObject({
      kind: 'refused',
    });
  });
});

function clientsOf() {
  const settings = new Map<string, string>();
  let drawn = 0;
  const ports = {
    crypto,
    draw: (size: number) => filled(size, ++drawn),
    archive: { settings: { get: (name: string) => settings.get(name) ?? null } },
  };
  const clients = new Clients(ports);
  const keep = (writes: StoreWrite[]): void => {
    for (const write of writes)
      if (write.kind === 'setting') settings.set(write.name, write.value!);
  };
  return {
    clients,
    again: () => new Clients(ports),
    stored: () => [...settings.values()].join(),
    add(name: string): Uint8Array {
      const { answer, writes } = clients.ask({ kind: 'add-client', name }, NOW);
      keep(writes);
      if (answer.kind !== 'client-added') throw new Error(JSON.stringify(answer));
      return answer.token;
    },
  };
}

function node(number: number): Uint8Array {
  return new Uint8Array(8).fill(number);
}
