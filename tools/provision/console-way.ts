/**
 * Console way: a node behind its console. A board without a wire of its own, one whose button was
 * held, or one stuck in its debugger has no firmware to talk to; so the core's own control runs here,
 * on the settings in that board's flash, and the conversation with it is like any other.
 */
import type { ControlOutput, Hmac } from '../../protocol/core/control.ts';
import { Control } from '../../protocol/core/control.ts';
import { crc32 } from '../../protocol/core/crc32.ts';
import type { Millis } from '../../protocol/core/machine.ts';
import { CONTROL, encodePacket, plainPacket } from '../../protocol/core/packet.ts';
import { changeSettings, chooseSlot } from '../../protocol/core/settings.ts';
import { NODE_ID } from '../../protocol/core/settings-table.ts';
import { openPacket } from '../../protocol/wire/packet.ts';
import type { Asker } from '../flash/checked.ts';
import { bytesOf } from '../flash/talk.ts';
import type { Script } from '../../protocol/admin/script.ts';
import type { Way } from '../../protocol/admin/way.ts';

/** As device/espruino/flash.ts names them. */
const PLACES = ['hop0', 'hop1'];
const READ_PLACES = `(s=>${JSON.stringify(PLACES)}.map(n=>btoa(s.read(n)||"")))(require("Storage"))`;
const HAS_SHA256 = '(()=>{try{return!!require("crypto").SHA256}catch(e){return!1}})()';
/** A node without an id says nobody's. */
const NOBODY = new Uint8Array(8);

export class ConsoleWay<Remark> implements Way {
  private readonly asker: Asker<Remark>;
  private readonly control: Control;
  private readonly waiting: Uint8Array[] = [];

  private constructor(asker: Asker<Remark>, control: Control) {
    this.asker = asker;
    this.control = control;
  }

  /** Null when the board stopped answering. `draw` gives 16 bytes of chance. */
  static *open<Remark>(
    asker: Asker<Remark>,
    hmac: Hmac,
    draw: () => Uint8Array,
  ): Script<ConsoleWay<Remark> | null> {
    const read = yield* asker.run(READ_PLACES);
    const capable = yield* asker.run(HAS_SHA256);
    if (!read.ok || !capable.ok || !Array.isArray(read.value)) return null;
    const places = read.value.map((text) => bytesOf(atob(String(text))));
    const slot = chooseSlot(places, crc32);
    const settings = changeSettings([], slot.fields)?.settings ?? [];
    const control = new Control(settings, slot, {
      crc: crc32,
      draw,
      hmac: capable.value === true ? hmac : null,
      statistics: () => new Uint8Array(),
    });
    return new ConsoleWay(asker, control);
  }

  send(packet: Uint8Array): void {
    this.waiting.push(packet);
  }

  *expect<T>(find: (packet: Uint8Array) => T | null, _timeoutMs: Millis): Script<T | null> {
    for (let packet = this.waiting.shift(); packet; packet = this.waiting.shift()) {
      const opened = openPacket(packet);
      if (!opened.ok || opened.packet.type !== CONTROL) continue;
      const { payload } = opened.packet;
      const request = { kind: 'request', link: 0, wired: true, payload } as const;
      for (const output of this.control.step(request)) {
        // An answer to what could not be done would be a lie.
        if (!(yield* this.perform(output))) break;
        const found = output.kind === 'reply' ? find(this.answer(output.payload)) : null;
        if (found !== null) return found;
      }
    }
    return null;
  }

  private answer(payload: Uint8Array): Uint8Array {
    const id = this.control.settings[NODE_ID] ?? NOBODY;
    return encodePacket(plainPacket(CONTROL, 0, 0, id, payload));
  }

  private *perform(output: ControlOutput): Script<boolean> {
    const code = codeOf(output);
    if (code === null) return true;
    const text = output.kind === 'store' ? String.fromCharCode(...output.bytes) : '';
    const answer = yield* this.asker.run(code, text, 5000);
    return answer.ok && answer.value === 1;
  }
}

/** What the board has to do, or null for nothing; done twice, it is as if done once. */
function codeOf(output: ControlOutput): string | null {
  switch (output.kind) {
    case 'store': {
      const name = JSON.stringify(PLACES[output.slot]);
      return `(s=>{if(s.read(${name})!==d)s.write(${name},d);return s.read(${name})===d?1:0})(require("Storage"))`;
    }
    case 'clock':
      return `(setTime(${output.unixMs / 1000}),1)`;
    case 'identify':
      return '(typeof LED1=="undefined"||digitalPulse(LED1,1,[200,200,200,200,200,200,200]),1)';
    default:
      return null;
  }
}
