/**
 * Chat at a terminal: the built program at a real pseudo-terminal, and what stands on its screen.
 */
import { afterEach, describe, expect, it } from 'vitest';
import { SOCAT, WITHOUT_SOCAT } from '../../pty.ts';
import { hopline } from '../built.ts';
import { ADA, NOON, SELF, TestBridge } from './bridge.ts';
import type { Terminal } from './terminal.ts';
import { atTerminal } from './terminal.ts';
import { until } from '../../patience.ts';

const COLUMNS = 60;
let bridge: TestBridge;
let terminal: Terminal;

describe.skipIf(!SOCAT)(`a chat at a terminal${WITHOUT_SOCAT}`, () => {
  afterEach(async () => {
    terminal?.kill();
    await bridge?.end();
    bridge = undefined!;
  });

  it('shows what was said before, keeps what is typed below what comes, and says it', async () => {
    await begin();
    bridge.desk.hear({ text: 'good morning', heardAt: NOON });
    await terminal.sees('good morning');
    terminal.type('a line that is longer than the sixty columns of this screen, and t');
    await terminal.sees('screen, and t');
    bridge.desk.hear({ text: 'I interrupt', heardAt: NOON });
    await terminal.sees('I interrupt');
    await terminal.shows([
      ...GREETING,
      '--- 2026-11-21 ---',
      '12:00 ada: good morning',
      '12:00 ada: I interrupt',
      'everyone> a line that is longer than the sixty columns of th',
      'is screen, and t',
    ]);
    terminal.type('\x7fgoes on\r');
    await terminal.sees('you: a line');
    await terminal.shows([
      ...GREETING,
      '--- 2026-11-21 ---',
      '12:00 ada: good morning',
      '12:00 ada: I interrupt',
      '12:00 you: a line that is longer than the sixty columns of t',
      'his screen, and goes on',
      'everyone>',
    ]);
    terminal.type('half a line\x03\x03');
    expect(await terminal.ended).toBe(0);
  });

  it('speaks to one peer, tells what becomes of it, and refuses whom it cannot tell apart', async () => {
    await begin();
    terminal.type('/msg ada psst\r');
    await terminal.sees('psst (waiting)');
    bridge.desk.further(1, { state: 'delivered' });
    await terminal.sees('delivered to ada');
    bridge.desk.further(1, { state: 'failed', reason: 'no route' });
    await terminal.sees('no route');
    terminal.type('/msg bob hi\r');
    await terminal.sees('take the id');
    for (const [keys, shown] of [
      ['/wi', '> /wi'],
      ['\t', '> /with'],
      ['a', '> /with a'],
      ['\t', '> /with ada'],
    ]) {
      terminal.type(keys);
      await terminal.sees(shown);
    }
    terminal.type('\r');
    await terminal.sees('(failed, no route)');
    terminal.type('/wiht x\r');
    await terminal.sees('did you mean /with?');
    await terminal.shows([
      ...GREETING,
      '--- 2026-11-21 ---',
      '12:00 you -> ada: psst (waiting)',
      'HH:MM delivered to ada: "psst"',
      'HH:MM not delivered to ada (no route): "psst"',
      'not sent: "hi": several peers have that name: bob may be b2b',
      '2b2b2b2b2b2b2, b3b3b3b3b3b3b3b3; take the id [AMBIGUOUS_NAME',
      ']',
      'everyone> /with ada',
      '* you speak to ada alone; /public ends that',
      '12:00 you -> ada: psst (failed, no route)',
      'ada> /wiht x',
      'there is no /wiht; did you mean /with?',
      'ada>',
    ]);
    terminal.type('/quit\r');
    expect(await terminal.ended).toBe(0);
  });

  it('says when the bridge is gone, and makes up for it once, when it is back', async () => {
    await begin();
    terminal.type('/msg ada one\r');
    await terminal.sees('one (waiting)');
    await bridge.go();
    await terminal.sees('the bridge is gone');
    terminal.type('into the void\r');
    await terminal.sees('not sent: "into the void"');
    bridge.desk.hear({ text: 'said meanwhile' });
    bridge.desk.further(1, { state: 'read' });
    await bridge.comeBack();
    await terminal.sees('the bridge is back');
    await terminal.sees('read by ada: "one"');
    bridge.desk.hear({ text: 'said later' });
    await terminal.sees('said later');
    await terminal.shows([
      ...GREETING,
      '--- 2026-11-21 ---',
      '12:00 you -> ada: one (waiting)',
      '* the bridge is gone; it is looked for, and nothing is sent',
      'meanwhile',
      /^not sent: "into the void": no bridge answers: http/,
      /process \d+ is gone; start/,
      /BRIDGE_UNREACHABLE/,
      '* the bridge is back',
      'HH:MM read by ada: "one"',
      '12:00 ada: said meanwhile',
      '12:00 ada: said later',
      'everyone>',
    ]);
  });

  it('takes a paste of several lines for one message, and says by how much one is too long', async () => {
    await begin();
    terminal.type('look:\x1b[200~ one\r/quit\rtwo\x1b[201~');
    await terminal.sees('3 lines: Enter sends');
    expect(bridge.desk.said).toEqual([]);
    terminal.type('\r');
    await terminal.sees('you: look: one');
    await terminal.shows([
      ...GREETING,
      '--- 2026-11-21 ---',
      '12:00 you: look: one',
      '      | /quit',
      '      | two',
      'everyone>',
    ]);
    terminal.type(`/msg ada \x1b[200~${'x'.repeat(267)}\x1b[201~`);
    await terminal.sees('12 bytes more than the 255');
    terminal.type('\r');
    await terminal.sees('not sent: 12 bytes more than');
    terminal.type('\x7f'.repeat(12));
    terminal.type('\r');
    await terminal.sees('xxx (waiting)');
    expect(bridge.desk.said.map(({ text }) => text.length)).toEqual([19, 255]);
    terminal.type('\x1b[A\x1b[A');
    await terminal.sees('      | two');
    terminal.type('\x03\x04');
    expect(await terminal.ended).toBe(0);
  });

  it('marks what is new, and takes for read what the person could see', async () => {
    bridge = await TestBridge.start();
    bridge.desk.hear({ text: 'old', heardAt: NOON });
    bridge.desk.hear({ text: 'recent', heardAt: NOON });
    bridge.desk.hear({ text: 'psst', heardAt: NOON, conversation: ADA });
    Object.assign(bridge.desk.unread, { public: 1, [ADA]: 1 });
    await begin();
    await terminal.sees('1 unread from ada');
    // What comes in one piece is drawn when all of it was taken in.
    terminal.type('.\x1b[O');
    await terminal.sees('everyone> .');
    const { key } = bridge.desk.hear({ text: 'are you there', heardAt: NOON });
    await terminal.sees('are you there');
    await terminal.shows([
      ...GREETING,
      '--- 2026-11-21 ---',
      '12:00 ada: old',
      '--- new ---',
      '12:00 ada: recent',
      '* 1 unread from ada: /with ada',
      '--- new ---',
      '12:00 ada: are you there',
      'everyone> .',
    ]);
    const isRead = (): boolean => bridge.desk.changes.some((each) => (each as { key?: number }).key === key); // prettier-ignore
    expect(isRead()).toBe(false);
    terminal.type('\x1b[I');
    await until(isRead);
  });

  it('lets nobody steer the terminal or speak with another voice, and marks what was seen', async () => {
    await begin();
    const name = 'eve\x1b[2J\r12:00 ada';
    bridge.desk.hear({
      senderName: name,
      sender: 'e0'.repeat(8),
      text: 'a\x1b[1;1H\u202eb\n12:00 ada: c',
    });
    await terminal.sees('ada: c');
    await terminal.shows([
      ...GREETING,
      '--- 2026-11-21 ---',
      '12:00 eve?12:00 ada: a?b',
      '      | 12:00 ada: c',
      'everyone>',
    ]);
    const { key } = bridge.desk.hear({ conversation: ADA, text: 'for you' });
    await terminal.sees('ada -> you: for you');
    await until(() => bridge.desk.changes.length > 1);
    expect(bridge.desk.changes[1]).toEqual({ read: ADA, key });
    terminal.type('\x04');
    expect(await terminal.ended).toBe(0);
  });
});

const GREETING = [
  `* you are bridge (${SELF}), 3 peers in reach; /help`,
  ' lists commands, /quit leaves',
  '* the island is virtual: everyone around is simulated',
];

/** A chat with a bridge where nobody spoke yet. */
async function begin(): Promise<void> {
  await hopline(['--version']);
  bridge ??= await TestBridge.start();
  terminal = atTerminal(['chat', '--data', bridge.folder], COLUMNS);
  await terminal.sees('everyone>');
}
