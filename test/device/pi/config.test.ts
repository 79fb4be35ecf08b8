/**
 * Config: what a relay does without a file, what a file may say, and where it is told what is wrong.
 */
import { describe, expect, it } from 'vitest';
import type { RelayConfig } from '../../../device/pi/config.ts';
import {
  defaultConfig,
  NOTE_DEVICES_MAX,
  readConfig,
  SERIAL_PORTS_MAX,
} from '../../../device/pi/config.ts';
import { readYaml } from '../../../device/pi/yaml-file.ts';

const PERSON = { env: { HOME: 'home' }, hostname: 'attic' };

describe('a relay without a file', () => {
  it('has a value for every setting', () => {
    expect(defaultConfig(PERSON)).toEqual({
      name: 'attic',
      data: 'home/.local/state/hopline',
      keyFile: 'home/.local/state/hopline/keys',
      socket: 'home/.local/state/hopline/relay.sock',
      radio: { isOn: true, adapter: null },
      serial: 'auto',
      baud: 115_200,
      powerCycle: null,
      ttl: 7,
      security: 'moderate',
      stamps: true,
      history: { messages: 1000, kilobytes: 1024, hours: 6 },
      notes: [],
      log: 'info',
    });
    expect(from('')).toEqual(defaultConfig(PERSON));
  });

  it('lives where systemd says', () => {
    const env = { STATE_DIRECTORY: 'state/a:state/b', RUNTIME_DIRECTORY: 'run/a', HOME: 'home' };
    expect(defaultConfig({ env, hostname: '' })).toMatchObject({
      name: 'relay',
      data: 'state/a',
      keyFile: 'state/a/keys',
      socket: 'run/a/relay.sock',
    });
    expect(defaultConfig({ env: { XDG_STATE_HOME: 'mine' }, hostname: 'a' }).data).toBe(
      'mine/hopline',
    );
  });

  it('takes as much of the name of the machine as a hello carries', () => {
    const { name } = defaultConfig({ env: {}, hostname: `${'x'.repeat(31)}é` });
    expect(name).toBe('x'.repeat(31));
  });
});

describe('a file', () => {
  it('may say everything', () => {
    const config = from(`
name: roof
data: d
socket: s.sock
radio: { on: false, adapter: hci1 }
serial: [one, two]
baud: 9600
power-cycle: cycle $PORT
ttl: 12
security: strict
stamps: false
history: { messages: 10, kilobytes: 64, hours: 1 }
notes: [door.key]
log: debug
`);
    expect(config).toEqual({
      name: 'roof',
      data: 'd',
      keyFile: 'd/keys',
      socket: 's.sock',
      radio: { isOn: false, adapter: 'hci1' },
      serial: ['one', 'two'],
      baud: 9600,
      powerCycle: 'cycle $PORT',
      ttl: 12,
      security: 'strict',
      stamps: false,
      history: { messages: 10, kilobytes: 64, hours: 1 },
      notes: ['door.key'],
      log: 'debug',
    } satisfies RelayConfig);
    expect(from('serial: none').serial).toEqual([]);
    expect(from('key-file: elsewhere').keyFile).toBe('elsewhere');
  });

  it.each([
    ['name: a\ncolor: red', '2:1: there is no setting "color"'],
    ['radio:\n  adaptor: 1', '2:3: there is no setting "adaptor"; did you mean adapter?'],
    ['radio: { adapter: 1 }', '1:19: adapter takes the name of one, like hci0'],
    ['history:\n  hour: 1', '2:3: there is no setting "hour"; did you mean hours?'],
    ['ttl: 65', '1:6: ttl takes a whole number from 1 to 64'],
    ['security: paranoid', '1:11: security is one of permissive, moderate, strict'],
    ['serial: ttyUSB0', '1:9: serial is one of auto, none'],
    [
      `serial: [${Array.from({ length: SERIAL_PORTS_MAX + 1 }, (_, n) => `p${n}`)}]`,
      '1:9: at most',
    ],
    ['serial: [a, a]', '1:9: a port is there twice'],
    ['radio: { on: false }\nserial: none', '2:9: without radio or serial port'],
    ['notes: door.key', '1:8: notes takes a list'],
    ['notes: [a, a]', '1:8: a file is there twice'],
    [`notes: [${Array.from({ length: NOTE_DEVICES_MAX + 1 }, (_, n) => n)}]`, '1:8: at most 64'],
    [`socket: ${'s'.repeat(104)}`, '1:9: socket takes a text of 1 to 103 bytes'],
  ])('with a mistake is refused: %s', (text, told) => {
    expect(() => from(text)).toThrow(`relay.yaml:${told}`);
  });
});

function from(text: string): RelayConfig {
  return readConfig(readYaml('relay.yaml', text), PERSON);
}
