/**
 * Radio: Bluetooth LE as the machines above see it, numbers for links and bytes for everything else.
 * Link 0 is the one that others open to us, 1 to `outMax` are those that we open; whoever calls
 * `connect` picks a free one.
 *
 *   connect -> opened -> received, sent, resized ... -> closed
 *           -> closed                          it failed, or `disconnect` came first
 *   write   -> sent                            always, unless the link closes; a `drop` before it
 *                                              says that these bytes will not arrive
 */

/** What is spoken over a link: WIRE §11, WIRE §23, or the Nordic UART of a board's console. */
export type Service = 'phone' | 'node' | 'uart';

/** Why a write was dropped whole. Nothing is ever cut. */
export type RadioDrop =
  /** Longer than `payloadMax`. */
  | 'over-mtu'
  /** More than WRITES_MAX writes of this link are out. */
  | 'too-many-writes'
  | 'not-open';

export type RadioEvent =
  /**
   * The adapter came or went. When it went every link has been `closed` before; scanning and
   * advertising go on by themselves when it is back.
   */
  | { kind: 'power'; isOn: boolean }
  /** `bytes` is the manufacturer's field of a node without the company, else empty. */
  | {
      kind: 'sighted';
      address: string;
      rssi: number;
      service: Service;
      bytes: Uint8Array;
      name: string;
    }
  /**
   * `payloadMax` is the most that one write holds (MTU-3): a segment of WIRE §23 carries one byte
   * less of a frame. `rssi` is in dBm, 0 for unknown.
   */
  | {
      kind: 'opened';
      link: number;
      service: Service;
      address: string;
      payloadMax: number;
      rssi: number;
    }
  /** The other end negotiated its MTU late. */
  | { kind: 'resized'; link: number; payloadMax: number }
  | { kind: 'received'; link: number; bytes: Uint8Array }
  /** One write has left the adapter. */
  | { kind: 'sent'; link: number }
  /** Also the answer to every `disconnect`, and to a `connect` that failed. */
  | { kind: 'closed'; link: number; why: string }
  | { kind: 'drop'; link: number; reason: RadioDrop };

/**
 * What a node shows: the manufacturer's field of WIRE §23 without the company, beside the service
 * of the phones. While link 0 is taken it is shown, and cannot be connected to.
 */
export type Advertisement = {
  bytes: Uint8Array;
  isConnectable: boolean;
  /** Without it the service of the phones is not shown, and the link in is left to nodes. */
  isForPhones: boolean;
  name: string;
};

export type Radio = {
  /** To a device that was sighted; `link` must be closed. */
  connect(link: number, address: string, service: Service): void;
  disconnect(link: number): void;
  /** One write or notification. `bytes` may change afterwards. */
  write(link: number, bytes: Uint8Array): void;
  advertise(what: Advertisement | null): void;
  scan(isOn: boolean): void;
  /** Ends every link, advertising and scanning, and lets the adapter and the process go. */
  close(): Promise<void>;
};

/** Writes of one link that may be out at once; the window of a link above is smaller. */
export const WRITES_MAX = 64;
