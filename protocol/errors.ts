/**
 * Every failure Hopline reports to a person, in one table. The code is the contract: logs, the HTTP
 * API and exit statuses are keyed by it, and it never changes meaning. The sentence is for people
 * and may be improved at any time. What comes from the air is never an error: it is a drop with a
 * reason. The core neither throws nor imports this.
 */
export const MEANING = {
  USAGE: 'that is not how the command is used',
  FILE_UNREADABLE: 'the file cannot be read',
  FILE_UNWRITABLE: 'the file cannot be written',
  CONFIG_INVALID: 'the settings cannot be used',
  TOPOLOGY_INVALID: 'the topology cannot be used',
  FAULTS_INVALID: 'the faults cannot be used',
  KEY_FILE_INVALID: 'the key file cannot be used',
  STATE_INVALID: 'what was stored cannot be used',
  KEY_FILE_EXISTS: 'there are keys already',
  BUNDLE_REFUSED: 'a board cannot run this program',
  OVER_BUDGET: 'the program is more than the board has room for',
  SUBJECT_FAILED: 'the implementation under test gave up',
  PORT_MISSING: 'there is no such port',
  PORT_BUSY: 'the port is in use',
  PORT_DENIED: 'the port may not be opened',
  PORT_GONE: 'the port is gone',
  RADIO_MISSING: 'there is no such Bluetooth adapter',
  RADIO_DENIED: 'the Bluetooth adapter may not be used',
  RADIO_UNUSABLE: 'Bluetooth cannot be used',
  BOARD_SILENT: 'nothing answers there',
  BOARD_UNKNOWN: 'that is no Espruino console',
  BOARD_WRONG: 'that is another board',
  CONSOLE_LOCKED: 'the console is locked',
  FIRMWARE_TOO_LARGE: 'the firmware does not fit',
  FIRMWARE_DIFFERS: 'the board does not run this firmware',
  FLASH_FAILED: 'the new firmware did not get onto the board',
  RELAY_BROKEN: 'the relay has stopped',
  RELAY_RUNNING: 'a relay runs there already',
  RELAY_UNREACHABLE: 'the relay cannot be asked',
  REQUEST_INVALID: 'that cannot be asked',
  LISTEN_FAILED: 'nobody could be let in there',
  SITE_REFUSED: 'the bridge does not answer that',
  TOKEN_REFUSED: 'the bridge does not know who asks',
  LOGIN_REFUSED: 'that does not log in',
  NOT_FOUND: 'there is no such thing',
  PEER_UNKNOWN: 'there is no such peer',
  AMBIGUOUS_NAME: 'several peers have that name',
  REQUEST_TOO_LARGE: 'that is too much for one request',
  TOO_OFTEN: 'that was asked too often',
  TOO_MANY: 'there is too much at once',
  BRIDGE_FAULT: 'the bridge made a mistake of its own',
  BRIDGE_UNREACHABLE: 'no bridge answers',
  BRIDGE_DIFFERS: 'the bridge is of another version',
  MESSAGE_FAILED: 'the message did not arrive',
  MESSAGE_PENDING: 'the message has not arrived yet',
  LINE_DOWN: 'the line is not up',
  STORE_LOCKED: 'another process has the store',
  STORE_NEWER: 'the store was written by a newer Hopline',
  STORE_DAMAGED: 'the store cannot be used',
  STORE_FOREIGN: "the store is another peer's",
  STORE_FAILING: 'nothing can be stored just now',
  COMPONENT_INVALID: 'the components of this bridge do not fit together',
  COMPONENT_FAILED: 'the part of the bridge that sees to it has failed',
  AUDIT_BROKEN: 'the audit trail is not as it was written',
  STORE_EXISTS: 'there is a store already',
  NODE_LOCKED: 'the node obeys its admin only',
  NODE_LOST: 'the node stopped answering',
  NODE_REFUSED: 'the node did not take it',
  FLEET_UNFINISHED: 'not every node is as it should be',
  CHECKS_FAILED: 'not everything holds',
} as const;

export type ErrorCode = keyof typeof MEANING;

export class HoplineError extends Error {
  override readonly name = 'HoplineError';
  readonly code: ErrorCode;
  readonly detail: string;

  /** `detail` is what this occurrence adds: which file, what is wrong with it, and what to do. */
  constructor(code: ErrorCode, detail: string, options?: ErrorOptions) {
    super(`${MEANING[code]}: ${detail} [${code}]`, options);
    this.code = code;
    this.detail = detail;
  }
}

/** What another process said of its own failure, under the same code; its message has both in it. */
export function saidElsewhere(code: string, message: string): HoplineError {
  if (!Object.hasOwn(MEANING, code)) return new HoplineError('REQUEST_INVALID', message);
  const known = code as ErrorCode;
  const detail = message.replace(`${MEANING[known]}: `, '').replace(` [${code}]`, '');
  return new HoplineError(known, detail);
}
