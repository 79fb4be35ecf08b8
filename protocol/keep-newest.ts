/** Of what is held, the one entered first goes where there are more than `most`. Called after each entry. */
export function keepNewest(held: Map<unknown, unknown> | Set<unknown>, most: number): void {
  if (held.size > most) held.delete(held.keys().next().value);
}
