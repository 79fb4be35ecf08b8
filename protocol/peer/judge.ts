/**
 * Judge: what whoever watches the neighbours thinks of a sender. A station asks it of every packet that
 * it would show; without one, only what a person decided counts.
 */
export interface Judge {
  /** Of the sender whose id is at `at`: what it says is passed on, and kept aside here. */
  isQuarantined(bytes: Uint8Array, at: number): boolean;
}
