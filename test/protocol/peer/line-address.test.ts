/** Where lines are dialled: what a person writes is read, or it is said what is wrong with it. */
import { describe, expect, it } from 'vitest';
import { printLineAddress, readLineAddress } from '../../../protocol/peer/line-address.ts';

describe('an address', () => {
  it.each([
    ['pi:8334', 'tcp', 'pi', 8334, '/line', 'pi:8334'],
    ['[::1]:08334', 'tcp', '[::1]', 8334, '/line', '[::1]:8334'],
    ['udp://pi:8334', 'udp', 'pi', 8334, '/line', 'udp://pi:8334'],
    ['udp://[::1]:1', 'udp', '[::1]', 1, '/line', 'udp://[::1]:1'],
    ['ws://pi', 'ws', 'pi', 80, '/line', 'ws://pi'],
    ['ws://pi:80/line', 'ws', 'pi', 80, '/line', 'ws://pi'],
    ['wss://pi', 'wss', 'pi', 443, '/line', 'wss://pi'],
    ['wss://[::1]:8443/a', 'wss', '[::1]', 8443, '/a', 'wss://[::1]:8443/a'],
  ])('%s is read', (text, scheme, host, port, path, printed) => {
    const read = readLineAddress(text);
    expect(read).toEqual({ ok: true, value: { scheme, host, port, path } });
    expect(read.ok && printLineAddress(read.value)).toBe(printed);
  });

  it.each([
    ['pi', 'has no port: it is HOST:PORT'],
    ['pi:0', 'no port from 1 to 65535'],
    ['pi:65536', 'no port from 1 to 65535'],
    ['ws://pi:', 'no port from 1 to 65535'],
    ['pi:1/line', 'has a path'],
    ['udp://pi', 'has no port: it is HOST:PORT'],
    ['udp://pi:1/line', 'has a path'],
    ['ws://pi/a b', 'has a path'],
    ['::1:8334', 'needs brackets'],
    ['ws://::1/line', 'needs brackets'],
    ['ws://:80', 'has no host'],
    ['ws://10.0.0.256:8334', 'has no host'],
    ['wss://pi.1', 'has no host'],
    ['ws://[fe80::1%eth0]:8334', 'has no host'],
    ['ws://[1::2::3]', 'has no host'],
    ['http://pi:80', 'begins with http://: lines go over udp://'],
    ['toString://pi:80', 'begins with toString://'],
    ['pi:80?', 'no port from 1'],
  ])('%s is refused: %s', (text, why) => {
    expect(readLineAddress(text)).toMatchObject({ ok: false, why: expect.stringContaining(why) });
  });

  it('that newer Nodes have for a host is one just there', () => {
    expect(readLineAddress('wss://xn--a').ok).toBe(URL.canParse('wss://xn--a'));
  });
});
