/**
 * Features: what a build may leave out. Here all is in; a board's build puts its own values in the
 * place of this file (tools/build/boards.ts), and the bundler drops what is switched off.
 */

/** Serial lines and other pipes of bytes (WIRE §22). */
export const WIRES = true;
/** Answers to traces (WIRE §20). */
export const TRACES = true;
/** The role of a host's radio. */
export const TETHERS = true;
/** Fresh announces, kept for new links (WIRE §12). */
export const ANNOUNCES = true;
/** Notes of a node without keys (WIRE §20). */
export const NOTES = true;
/** Lines of text for whoever is on the wire. */
export const LOGS = true;
