/**
 * Session: one talk over one port, from its first byte to its result. It is the driver of talks
 * on real hardware: it performs what they ask, one thing after another, and brings the time.
 */
import type { Wanted } from '../device/pi/ble-lines.ts';
import { HoplineError } from '../protocol/errors.ts';
import { TICK } from '../protocol/core/machine.ts';
import type { Machine, Tick } from '../protocol/core/machine.ts';
import type { TalkInput, TalkOutput } from './flash/talk.ts';
import { openPort } from './ports.ts';

/** Rejects when the port fails, or with FLASH_FAILED when the person stops it. */
export async function converse<Remark, Result>(
  talk: Machine<TalkInput, TalkOutput<Remark, Result>>,
  path: string,
  baud: number,
  remark: (remark: Remark) => void,
  stop: AbortSignal,
  wanted: Wanted = 'console',
): Promise<Result> {
  let hear: (input: TalkInput | Tick) => void = () => {};
  let fail: (failure: HoplineError) => void = () => {};
  const events = {
    received: (bytes: Uint8Array) => hear({ kind: 'received', bytes }),
    down: (failure: HoplineError) => fail(failure),
  };
  const link = await openPort(path, baud, events, wanted);
  const stopped = (): void => {
    const detail = `${path}: stopped; run this again, for the board may stand still until it is started anew`;
    fail(new HoplineError('FLASH_FAILED', detail));
  };
  let alarm: NodeJS.Timeout | undefined;
  try {
    return await new Promise<Result>((resolve, reject) => {
      fail = reject;
      if (stop.aborted) stopped();
      stop.addEventListener('abort', stopped);
      hear = (input) => {
        for (const output of talk.step(input, performance.now())) {
          switch (output.kind) {
            case 'write':
              link.write(output.bytes).then(() => hear({ kind: 'written' }), reject);
              break;
            case 'baud':
              link.setBaud(output.baud).then(() => hear({ kind: 'tuned' }), reject);
              break;
            case 'remark':
              remark(output.remark);
              break;
            case 'done':
              resolve(output.result);
          }
        }
        clearTimeout(alarm);
        const deadline = talk.deadline();
        if (deadline === Infinity) return;
        alarm = setTimeout(() => hear(TICK), Math.max(0, deadline - performance.now()));
      };
      hear(TICK);
    });
  } finally {
    hear = () => {};
    clearTimeout(alarm);
    stop.removeEventListener('abort', stopped);
    await link.close();
  }
}
