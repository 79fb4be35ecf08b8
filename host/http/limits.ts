/**
 * Limits: how much the API takes on at once. They protect the mesh behind it from a program that went
 * wrong, not from its owner: no page or command of ours comes near them.
 */
export type HttpLimits = {
  /**
   * Connections at once, listeners aside; one more takes the place of the one idle for longest. As many
   * as may listen: after a restart all of them come at once.
   */
  connectionsMax: number;
  /**
   * Requests of one connection that are answered before it has read the first answer; more are refused.
   * Nobody who waits for each of them sends a second.
   */
  unreadMax: number;
  /** Those who listen to events at once; one more is refused. */
  readersMax: number;
  /** Bytes that wait for a slow reader of events; then it is sent nothing until it has read them. */
  waitingMax: number;
  /** A reader that answers no ping for so long is gone. */
  pingMs: number;
  /** A head must be here in this time, and a whole request in that; then the connection is closed. */
  headMs: number;
  requestMs: number;
  /** How long a connection stays without a request, or with an answer that is not read. */
  idleMs: number;
  /**
   * Requests answered in a second, of all who have the token together, and at once after a silence;
   * more are refused. As many of all others.
   */
  requestsPerS: number;
  requestsBurst: number;
};

export const HTTP_LIMITS: HttpLimits = {
  connectionsMax: 1024,
  unreadMax: 8,
  readersMax: 1024,
  waitingMax: 256 * 1024,
  pingMs: 30_000,
  headMs: 10_000,
  requestMs: 30_000,
  idleMs: 60_000,
  requestsPerS: 500,
  requestsBurst: 1000,
};

/** Bytes of a body. The longest that anybody needs is a message. */
export const BODY_MAX = 64 * 1024;
/** Bytes of a head. */
export const HEAD_MAX = 16 * 1024;
