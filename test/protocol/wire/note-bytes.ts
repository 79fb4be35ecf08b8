/**
 * Note bytes: a note as WIRE §20 lays it out, put together by hand: `| counter 4 | text | proof 8 |`.
 */
import { NOTE } from '../../../protocol/core/packet.ts';
import type { Crypto } from '../../../protocol/trust/crypto.ts';
import type { NoteKey } from '../../../protocol/wire/note.ts';

export function encodeNote(
  hmac: Pick<Crypto, 'hmacSha256'>,
  { node, key }: NoteKey,
  counter: number,
  text: string,
): Uint8Array {
  const number = Buffer.alloc(4);
  number.writeUInt32BE(counter);
  const said = Buffer.concat([number, Buffer.from(text)]);
  const proof = hmac.hmacSha256(key, Buffer.concat([Buffer.of(NOTE), node, said]));
  return new Uint8Array(Buffer.concat([said, proof.subarray(0, 8)]));
}
