/**
 * Pcapng: captures that others open, and Wireshark's own programs say so where they are installed.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { interfaceBlock, packetBlock, sectionBlock } from '../../../tools/relay/pcapng.ts';

const HAS_TSHARK = spawnSync('tshark', ['--version']).status === 0;

describe('a capture', () => {
  it('is made of blocks whose lengths hold, in front and behind', () => {
    for (const size of [0, 1, 2, 3, 4, 5, 511]) {
      for (const block of [
        sectionBlock('x'.repeat(size)),
        interfaceBlock('x'.repeat(size)),
        packetBlock(captured({ frame: new Uint8Array(size), comment: 'y'.repeat(size) })),
      ]) {
        const view = new DataView(block.buffer);
        expect(block.length % 4).toBe(0);
        expect(view.getUint32(4, true)).toBe(block.length);
        expect(view.getUint32(block.length - 4, true)).toBe(block.length);
      }
    }
  });

  it('is byte for byte what the specification says', () => {
    const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
    const face = ['01000000', '20000000', '93000000', '00000000', '02000200', '61620000'];
    expect(hex(interfaceBlock('ab'))).toBe([...face, '00000000', '20000000'].join(''));
    const frame = Uint8Array.of(1, 2, 3);
    const head = ['06000000', '38000000', '01000000', '01000000', '00020000', '03000000'];
    const rest = ['03000000', '01020300', '01000100', '63000000', '02000400', '02000000'];
    expect(
      hex(packetBlock({ at: 1, unixMs: 4_294_967.808, way: 'sent', frame, comment: 'c' })),
    ).toBe([...head, ...rest, '00000000', '38000000'].join(''));
  });

  it.skipIf(!HAS_TSHARK)('opens in Wireshark, with links, comments, times and ways', () => {
    const folder = mkdtempSync(join(tmpdir(), 'hopline-pcapng-'));
    const path = join(folder, 'it.pcapng');
    const frame = Uint8Array.from({ length: 37 }, (_, at) => at);
    writeFileSync(
      path,
      Buffer.concat([
        sectionBlock('hopline monitor'),
        interfaceBlock('link 0'),
        packetBlock(captured({ frame, comment: 'heard on link 0: announce' })),
        interfaceBlock('link 7'),
        packetBlock(captured({ at: 1, way: 'sent', unixMs: 1_700_000_000_123 })),
      ]),
    );
    const fields = ['frame.interface_name', 'frame.comment', 'frame.time_epoch', 'frame.len'];
    const words = [...fields, 'frame.packet_flags_direction'].flatMap((field) => ['-e', field]);
    const read = spawnSync('tshark', ['-r', path, '-T', 'fields', ...words], { encoding: 'utf8' });
    const info = spawnSync('capinfos', ['-E', '-c', path], { encoding: 'utf8' });
    rmSync(folder, { recursive: true });
    const rows = read.stdout.trim().split('\n');
    expect(rows.map((line) => line.split('\t').map((cell) => cell.replace('0x00000', '')))).toEqual(
      [
        ['link 0', 'heard on link 0: announce', '1700000000.000000000', '37', '001'],
        ['link 7', 'so it is', '1700000000.123000000', '3', '002'],
      ],
    );
    expect(info.stdout).toMatch(/Number of packets:\s+2/);
    expect(info.stdout).toMatch(/user ?0/i);
  });
});

function captured(differs: Partial<Parameters<typeof packetBlock>[0]>) {
  const usual = { at: 0, unixMs: 1_700_000_000_000, way: 'heard', comment: 'so it is' } as const;
  return { ...usual, frame: Uint8Array.of(1, 2, 3), ...differs };
}
