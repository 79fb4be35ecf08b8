/**
 * The numbers of control requests and answers (WIRE §21), shared by the node and its admin. Nothing
 * is imported here, so that a bundler writes them in where they are used.
 */

/** Operations. */
export const READ_SETTINGS = 1;
export const STAGE = 2;
export const COMMIT = 3;
export const ROLL_BACK = 4;
export const STATISTICS = 5;
export const REBOOT = 6;
export const CHALLENGE = 7;
export const SET_CLOCK = 8;
export const IDENTIFY = 9;
export const LOG_LEVEL = 10;
/** Gives the wire it came over to the console, until the next start. */
export const OPEN_CONSOLE = 11;

/** Statuses. */
export const OK = 0;
/** Not now, not here, or not with this MAC or value. */
export const REFUSED = 1;
/** A MAC is needed, or an admin key before there can be one. */
export const LOCKED = 2;
export const MALFORMED = 3;
/** The settings staged no longer fit a slot. */
export const FULL = 4;
/** This node does not know the operation, or has no HMAC for it. */
export const UNSUPPORTED = 5;

/** Types of fields. */
export const REQUEST_ID = 1;
export const OPERATION = 2;
export const STATUS = 3;
export const ARGUMENT = 4;
export const FAULT = 5;
export const CHALLENGE_BYTES = 6;
export const MAC = 7;

export const CHALLENGE_SIZE = 16;
export const MAC_SIZE = 16;
/** Largest argument of LOG_LEVEL: 0 nothing, 1 errors, 2 events, 3 packets. */
export const LOG_LEVEL_MAX = 3;
/** Widths of fields by type; 0 for any. */
export const WIDTHS = [0, 2, 1, 1, 0, 1, CHALLENGE_SIZE, MAC_SIZE];
