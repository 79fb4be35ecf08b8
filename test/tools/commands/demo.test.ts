/**
 * hopline demo: the first thing a newcomer sees.
 */
import { describe, expect, it } from 'vitest';
import { demo } from '../../../tools/commands/demo.ts';
import { testIo } from '../io.ts';

describe('hopline demo', () => {
  it('says that no radio is in use, and how far each message came', async () => {
    const { outs } = await shown({ messages: '3', loss: '0' });
    expect(outs.join('\n')).toContain('No radio is in use');
    const reports = outs.filter((line) => line.startsWith('message '));
    expect(reports).toHaveLength(3);
    for (const line of reports) expect(line).toContain(': 15 of 15 relays in ');
  });

  it('shows the same island again for the same seed, and another for another', async () => {
    const options = { messages: '2', loss: '20' };
    const first = (await shown({ ...options, seed: '7' })).outs;
    expect((await shown({ ...options, seed: '7' })).outs).toEqual(first);
    expect((await shown({ ...options, seed: '8' })).outs).not.toEqual(first);
  });

  it('reaches nobody through dead air', async () => {
    const { outs } = await shown({ messages: '1', loss: '100' });
    expect(outs.join('\n')).toContain(': 0 of 15 relays');
  });

  it('draws a map on a terminal, within its width, and clears it away', async () => {
    const { outs } = await shown({ messages: '1', loss: '0' }, true);
    const text = outs.join('\n');
    for (let node = 1; node <= 16; node++) expect(text).toMatch(new RegExp(`[.o*]${node}\\b`));
    const last = outs.findIndex((line) => line.includes('message 1 from'));
    expect(outs[last]).toMatch(/^\x1b\[J/);
    for (const line of text.split('\n')) {
      expect(line.replace(/\x1b\[[0-9;]*[A-Za-z]/g, '').length).toBeLessThan(80);
    }
  });

  it('stops between two pictures when it is asked to', async () => {
    const io = testIo();
    io.isTTY = true;
    io.stopping = () => AbortSignal.abort();
    await demo.run({ operands: [], values: { messages: '1000' } }, io);
    expect(io.outs.filter((line) => line.includes('message '))).toHaveLength(0);
  });

  it.each(['nodes', 'messages', 'loss', 'seed'])('refuses --%s beyond its limits', async (name) => {
    await expect(shown({ [name]: '4294967296' })).rejects.toThrow(`--${name} takes a whole number`);
  });
});

async function shown(values: Record<string, string>, isTTY = false) {
  const io = testIo();
  io.isTTY = isTTY;
  await demo.run({ operands: [], values }, io);
  return io;
}
