/**
 * Features: what a build may leave out. Here all is in; a board's build puts its own values in the
 * place of this file (tools/build/boards.ts), and the bundler drops what is switched off.
 */

/** Serial lines and other pipes of bytes (WIRE §22). */
export const WIRES: boolean = true;
/** Source routes (WIRE §12); without them a routed packet is flooded. */
export const ROUTES: boolean = true;
/** Answers to traces (WIRE §20). */
export const TRACES: boolean = true;
/** The role of a host's radio. */
export const TETHERS: boolean = true;
/** Fresh announces, kept for new links (WIRE §12). */
export const ANNOUNCES: boolean = true;
/** Notes of a node without keys (WIRE §20). */
export const NOTES: boolean = true;
/** Lines of text for whoever is on the wire. */
export const LOGS: boolean = true;
/** What WIRE §12 asks of a node with six neighbours or more. */
export const MANY_LINKS: boolean = true;
/** What one peer says to another is passed on in its order. */
export const ORDERLY: boolean = true;
/** The text of a broken law; without it a node starts again all the same. */
export const LAWS: boolean = true;
/** Heartbeats whose pace can be changed, and that are told one by one. */
export const PACES: boolean = true;
/** What a link does without where nothing waits or is cut: it saves time, and costs bytes. */
export const SHORTCUTS: boolean = true;
/** A batch that the disk did not take is kept and stored again, rather than the end. */
export const RETRIES: boolean = true;
