/**
 * Names of packets as neighbours say them (WIRE §29): one behind the other, all of one size.
 */

/** As many together as one payload may have. */
export function inParts(names: readonly Uint8Array[], most: number): Uint8Array[] {
  const parts: Uint8Array[] = [];
  for (let from = 0; from < names.length; from += most) {
    const some = names.slice(from, from + most);
    const { length } = some[0];
    const bytes = new Uint8Array(some.length * length);
    some.forEach((name, at) => bytes.set(name, at * length));
    parts.push(bytes);
  }
  return parts;
}
