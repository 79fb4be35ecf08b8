/** However much happens, it is drawn once a frame; and now and then where nobody looks. */
import { describe, expect, it } from 'vitest';
import { Frames } from '../../../../host/http/web/frames.ts';

describe('frames', () => {
  it('draw once what changed often, and again what changes after', () => {
    const { frames, due, drawn } = page(true);
    const [one, other] = [() => void drawn.push('one'), () => void drawn.push('other')];
    for (let at = 0; at < 50; at++) frames.ask(one);
    frames.ask(other);
    expect([due.length, drawn]).toEqual([1, []]);
    due.shift()!();
    expect(drawn).toEqual(['one', 'other']);
    frames.ask(one);
    expect(due).toHaveLength(1);
  });

  it('are not for what went away', () => {
    const { frames, due, drawn } = page(true);
    const gone = (): void => void drawn.push('gone');
    frames.ask(gone);
    frames.forget(gone);
    due.shift()!();
    expect(drawn).toEqual([]);
  });

  it('need nobody to look', () => {
    const { frames, due, drawn } = page(false);
    frames.ask(() => void drawn.push('title'));
    due.shift()!();
    expect(drawn).toEqual(['title']);
  });
});

function page(isSeen: boolean) {
  const due: (() => void)[] = [];
  const drawn: string[] = [];
  const wait = (call: () => void): void => void due.push(call);
  const never = (): void => expect.fail('that way is closed');
  const frames = new Frames(() =>
    isSeen ? { nextFrame: wait, later: never } : { nextFrame: null, later: wait },
  );
  return { frames, due, drawn };
}
