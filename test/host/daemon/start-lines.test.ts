/**
 * What a start says to the audit trail: that it was, and what is set otherwise than before.
 */
import { expect, it } from 'vitest';
import { defaultDaemonConfig } from '../../../host/config.ts';
import { startLines } from '../../../host/daemon/start-lines.ts';
import { MemoryArchive } from '../../../tools/simulate/archive.ts';

/** Of the store in which earlier versions kept the values. */
const KEPT = 'audit.settings';

const usual = defaultDaemonConfig({ env: {}, hostname: 'here' });

it('names the settings that are others than at the last start, and the level with both values', () => {
  const archive = new MemoryArchive();
  const start = (differs: Partial<typeof usual>): string[] => {
    const before = archive.audit.ends().head.key;
    archive.commit(startLines({ ...usual, ...differs }, archive.settings, 1000));
    return archive.audit
      .after(before, 99)
      .map(({ who, act, subject, detail }) => [who, act, subject, detail].join(' ').trim());
  };
  const started = 'owner started  security is moderate';
  expect(start({})).toEqual([started]);
  expect(start({})).toEqual([started]);
  expect(start({ data: '/elsewhere', keyFile: '/elsewhere/keys' })).toEqual([started]);
  expect(start({ ttl: 9, name: 'other' })).toEqual([
    started,
    'owner settings-changed name',
    'owner settings-changed ttl',
  ]);
  const { resilience } = usual;
  const care = { ...resilience.care, attemptsMax: 2 };
  expect(start({ publicAddress: 'here:1', resilience: { ...resilience, phi: 5, care } })).toEqual([
    started,
    'owner settings-changed name',
    'owner settings-changed ttl',
    'owner settings-changed public-address',
    'owner settings-changed failure',
    'owner settings-changed healing',
  ]);
  expect(start({ ttl: 9, name: 'other' })).toHaveLength(6);
  expect(start({ security: 'strict' })).toEqual([
    'owner started  security is strict',
    'owner settings-changed name',
    'owner settings-changed ttl',
    'owner level-changed security moderate to strict',
  ]);
});

it('keeps no secret that a web address or a command holds, and none that was kept', () => {
  const archive = new MemoryArchive();
  const on = [{ event: 'any', webhook: 'https://chat.example/hooks/s3cr3t' }] as const;
  const config = { ...usual, on: [...on] };
  const values = Object.entries(config).map(([name, value]) => [name, JSON.stringify(value)]);
  const kept = JSON.stringify({ ...Object.fromEntries(values), security: usual.security });
  archive.commit([{ kind: 'setting', name: KEPT, value: kept }]);
  const lines = startLines(config, archive.settings, 1000);
  expect(lines.filter(({ kind }) => kind === 'audit')).toHaveLength(1);
  archive.commit(lines);
  expect(archive.settings.get(KEPT)).not.toMatch(/s3cr3t/);
});
