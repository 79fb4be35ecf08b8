/**
 * Profiles: what peers say of themselves, by place. An announce mostly says again what the last one
 * said, and then nothing is written here; what is kept are its fields, as they came (WIRE §5).
 *
 *   | name | capabilities, if said | neighbours, if any |
 */
import { ID_SIZE } from '../core/packet.ts';
import type { AnnounceView } from '../wire/announce-view.ts';
import { CAPABILITIES, NAME, NEIGHBOURS } from '../wire/announce-view.ts';
import { decodeCapabilities } from '../wire/capabilities.ts';
import { FieldReader } from '../wire/fields.ts';
import { decodeText } from '../wire/text.ts';
import { Shelf } from './shelf.ts';

export type Profile = {
  name: string;
  /** Null where not said. */
  capabilities: bigint | null;
  /** Ids, one behind the other. */
  neighbours: Uint8Array;
};

/** A field and its header. */
const FIELD_MAX = 2 + 255;
/** For whoever is done with it before anybody else's turn. */
const SAID = new Uint8Array(3 * FIELD_MAX);

export class Profiles {
  private readonly shelf = new Shelf();

  /** Whether it goes by another name now; somebody new does. */
  note(place: number, announce: AnnounceView): boolean {
    const length = writeSaid(announce);
    const alike = this.shelf.alike(place, SAID, length);
    const isSame = alike === length && this.shelf.lengthOf(place) === length;
    if (!isSame) this.shelf.put(place, SAID, length);
    // The name lies in front.
    return alike < 2 + announce.nameLength;
  }

  at(place: number): Profile {
    const profile: Profile = { name: '', capabilities: null, neighbours: NOBODY };
    const fields = new FieldReader(this.shelf.at(place), 1);
    while (fields.next()) {
      if (fields.type === NAME) profile.name = decodeText(fields.value) ?? '';
      if (fields.type === CAPABILITIES) profile.capabilities = decodeCapabilities(fields.value);
      if (fields.type === NEIGHBOURS) profile.neighbours = new Uint8Array(fields.value);
    }
    return profile;
  }

  nameAt(place: number): string {
    const said = this.shelf.at(place);
    // It lies in front.
    return decodeText(said.subarray(2, 2 + said[1])) ?? '';
  }

  clear(place: number): void {
    this.shelf.clear(place);
  }
}

const NOBODY = new Uint8Array(0);

/** How many bytes it takes. */
function writeSaid(announce: AnnounceView): number {
  const { bytes, nameAt, nameLength, neighboursAt, neighbourCount } = announce;
  const { capabilitiesAt, capabilitiesLength } = announce;
  let end = writeField(0, NAME, bytes, nameAt, nameLength);
  if (capabilitiesAt >= 0) {
    end = writeField(end, CAPABILITIES, bytes, capabilitiesAt, capabilitiesLength);
  }
  if (neighbourCount === 0) return end;
  return writeField(end, NEIGHBOURS, bytes, neighboursAt, neighbourCount * ID_SIZE);
}

function writeField(
  end: number,
  type: number,
  bytes: Uint8Array,
  at: number,
  length: number,
): number {
  SAID[end] = type;
  SAID[end + 1] = length;
  for (let i = 0; i < length; i++) SAID[end + 2 + i] = bytes[at + i];
  return end + 2 + length;
}
