/**
 * Sealed one-way messages (WIRE §10): the published vector, the bytes that others worked out for a
 * phone's mail, and what is not opened.
 */
import { describe, expect, it } from 'vitest';
import { ONE_WAY_OVERHEAD, openOneWay, sealOneWay } from '../../../protocol/trust/one-way.ts';
import { toHex } from '../../../protocol/wire/hex.ts';
import { encodeText } from '../../../protocol/wire/text.ts';
import { vectors } from '../../vectors.ts';
import { filled, hex } from '../wire/given.ts';
import { person } from './people.ts';
import { crypto, PORTS } from './ports.ts';

const CACOPHONY = vectors('noise-cacophony/cacophony.txt');
const MAIL = encodeText('bitchat-courier-v1');

/** The keys of the phones' own Noise vectors. */
const SENDER = hex('e61ef9919cde45dd5f82166404bd08e38bceb5dfdfded0a34c8df7ed542214d1');
const EPHEMERAL = hex('893e28b9dc6ca8d611ab664754b8ceb7bac5117349a4439a6b0569da977c464a');
const RECIPIENT = hex('4a3acbfdb163dec651dfa3194dece676d437029c62a408b4c5ea9114246e4893');
const PLAINTEXT = hex('0100026d3101026869');
const SEALED = hex(
  'ca35def5ae56cec33dc2036731ab14896bc4c75dbb07a61f879f8e3afa4c7944' +
    '6c15957a594079a5bdeae05d01e089fbb7cc6ea2ecfd209b941f73c9235213bc27a0de88ab3fc2b3f0ed71f9917bbc0f' +
    'b0b6ccbc8606e9229ed65d22b08ab3aedf4bedce307eeb1a50',
);

describe.each(PORTS)('a one-way message over $name', ({ crypto }) => {
  it.skipIf(CACOPHONY === null)('is what cacophony writes', () => {
    const { vectors } = JSON.parse(CACOPHONY!) as { vectors: Record<string, string>[] };
    const ours = vectors.filter(
      (vector) => vector['protocol_name'] === 'Noise_X_25519_ChaChaPoly_SHA256',
    );
    expect(ours).toHaveLength(1);
    const [vector] = ours;
    const [{ payload, ciphertext }] = vector['messages'] as unknown as Record<string, string>[];
    const [prologue, sender] = [hex(vector['init_prologue']), hex(vector['init_static'])];
    const to = hex(vector['init_remote_static']);
    const ephemeral = hex(vector['init_ephemeral']);
    const sealed = sealOneWay(crypto, prologue, sender, ephemeral, to, hex(payload))!;
    expect(toHex(sealed)).toBe(ciphertext);
    expect(openOneWay(crypto, prologue, hex(vector['resp_static']), sealed)).toEqual({
      senderKey: crypto.x25519Public(sender),
      plaintext: hex(payload),
    });
  });

  it("is a phone's mail, as others worked it out", () => {
    const to = crypto.x25519Public(RECIPIENT);
    expect(sealOneWay(crypto, MAIL, SENDER, EPHEMERAL, to, PLAINTEXT)).toEqual(SEALED);
    expect(openOneWay(crypto, MAIL, RECIPIENT, SEALED)).toEqual({
      senderKey: crypto.x25519Public(SENDER),
      plaintext: PLAINTEXT,
    });
  });
});

describe('a one-way message that is not ours', () => {
  it('is not opened by another key, under another prologue, cut or changed anywhere', () => {
    expect(SEALED).toHaveLength(PLAINTEXT.length + ONE_WAY_OVERHEAD);
    expect(openOneWay(crypto, MAIL, SENDER, SEALED)).toBeNull();
    expect(openOneWay(crypto, encodeText('bitchat-prekey-v1'), RECIPIENT, SEALED)).toBeNull();
    for (let length = 0; length < SEALED.length; length++) {
      expect(openOneWay(crypto, MAIL, RECIPIENT, SEALED.subarray(0, length))).toBeNull();
    }
    for (let bit = 0; bit < SEALED.length * 8; bit += 5) {
      // X25519 takes no notice of the top bit of a key, but the hash does.
      const changed = SEALED.slice();
      changed[bit >> 3] ^= 1 << (bit & 7);
      expect(openOneWay(crypto, MAIL, RECIPIENT, changed), `bit ${bit}`).toBeNull();
    }
  });

  it('is not sealed to, nor opened with, a key of low order (S23)', () => {
    expect(sealOneWay(crypto, MAIL, SENDER, EPHEMERAL, filled(32, 0), PLAINTEXT)).toBeNull();
    const forged = SEALED.slice();
    forged.fill(0, 0, 32);
    expect(openOneWay(crypto, MAIL, RECIPIENT, forged)).toBeNull();
  });

  it('is sealed and opened by an identity, which shows its secret to nobody', () => {
    const [ann, ben] = [person(1), person(2)];
    const sealed = ann.sealTo(ben.noiseKey, MAIL, filled(32, 9), PLAINTEXT)!;
    expect(ben.openSealed(MAIL, sealed)).toEqual({
      senderKey: ann.noiseKey,
      plaintext: PLAINTEXT,
    });
    expect(person(3).openSealed(MAIL, sealed)).toBeNull();
  });
});
