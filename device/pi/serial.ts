/**
 * Serial: a port of this machine, opened, written to, listened to and listed. It translates and never
 * decides: what the system says becomes one of four codes, and what the person can do about it.
 * serialport is loaded when a port is wanted, so that nothing else needs it.
 */
import { read, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { SerialPort } from 'serialport';
import { assert } from '../../protocol/core/assert.ts';
import { HoplineError } from '../../protocol/errors.ts';

export type SerialEvents = {
  /** Bytes as they come; they are the listener's to keep, and nothing here holds them. */
  received(bytes: Uint8Array): void;
  /** The port ended by itself. It is called once, and nothing follows it. */
  down(failure: HoplineError): void;
};

export type SerialLink = {
  path: string;
  /**
   * Resolves once the system has taken the bytes. One at a time, so that no more than one write is
   * ever held; a far end that does not read makes it wait, and `close` ends the wait.
   */
  write(bytes: Uint8Array): Promise<void>;
  setBaud(baud: number): Promise<void>;
  /** Resolves when the port is free again, also after it went down. */
  close(): Promise<void>;
};

export type SerialListing = {
  path: string;
  /** USB ids, four hex digits each. */
  vendorId: string | null;
  productId: string | null;
  manufacturer: string | null;
  /** The serial number burnt into the adapter or board. */
  serial: string | null;
  /** Which socket it is plugged into, whatever is plugged in. */
  usbPath: string | null;
};

export async function openSerial(
  path: string,
  baud: number,
  events: SerialEvents,
): Promise<SerialLink> {
  const { SerialPort } = await import('serialport');
  // Nobody else may open it while we have it.
  const port = new SerialPort({ path, baudRate: baud, autoOpen: false, lock: true });
  await settled((done) => port.open(done)).catch((cause: Error) => fail(path, cause));
  endAtHangUp(port);

  let failure: HoplineError | null = null;
  let isClosing = false;
  /** serialport forgets a write that the end of the port overtakes, so it is settled here. */
  let abandon: ((failure: HoplineError) => void) | null = null;
  const end = (what: string, cause: Error | null): void => {
    if (failure !== null) return;
    const options = cause === null ? undefined : { cause };
    failure = new HoplineError('PORT_GONE', `${path}: ${what}`, options);
    abandon?.(failure);
    if (!isClosing) events.down(failure);
  };
  port.on('data', (bytes: Buffer) => {
    if (failure === null && !isClosing) events.received(bytes);
  });
  port.on('error', (cause: Error) => end(whatEnded(cause), cause));
  port.on('close', (cause?: Error) => end(UNPLUGGED, cause ?? null));

  return {
    path,
    async write(bytes) {
      assert(abandon === null, 'one write at a time');
      if (failure !== null) throw failure;
      try {
        await new Promise<void>((resolve, reject) => {
          abandon = reject;
          port.write(bytes, (cause) => (cause ? reject(gone(path, cause)) : resolve()));
        });
      } finally {
        abandon = null;
      }
    },
    setBaud: (rate) =>
      settled((done) => port.update({ baudRate: rate }, done)).catch((cause: Error) =>
        fail(path, cause),
      ),
    async close() {
      isClosing = true;
      end('it was closed', null);
      if (port.isOpen) await settled((done) => port.close(done)).catch(() => {});
    },
  };
}

const readSome = promisify(read);

/**
 * A line that was hung up reads as no bytes, at once and for ever. serialport's own read takes that
 * for a pause and asks again without end, so that it misses a cable that is pulled between two reads
 * (serialport/bindings-cpp#162). This one reads as that does, and ends there. Windows has no poller.
 */
function endAtHangUp({ port: line }: SerialPort): void {
  if (line === undefined || !('poller' in line)) return;
  line.read = async (buffer, offset, length) => {
    while (line.fd !== null) {
      try {
        const { bytesRead } = await readSome(line.fd, buffer, offset, length, null);
        if (bytesRead === 0) throw new Error('it was hung up');
        return { buffer, bytesRead };
      } catch (cause) {
        const isQuiet = (cause as NodeJS.ErrnoException).code === 'EAGAIN';
        if (!isQuiet || !line.isOpen) throw cause;
      }
      await settled((done) => line.poller.once('readable', done));
    }
    throw new Error('it was closed');
  };
}

/** The ports with hardware behind them, by path. Pseudo-terminals have none and are not listed. */
export async function listSerial(): Promise<SerialListing[]> {
  const { SerialPort } = await import('serialport');
  // Without udev (in a container, say) there is nobody to ask, and then there are no ports either.
  const ports = await SerialPort.list().catch(() => []);
  const sockets = usbPaths();
  return ports
    .filter((port) => port.vendorId !== undefined || port.serialNumber !== undefined)
    .map((port) => ({
      path: port.path,
      vendorId: port.vendorId?.toLowerCase() ?? null,
      productId: port.productId?.toLowerCase() ?? null,
      manufacturer: port.manufacturer ?? null,
      serial: port.serialNumber ?? null,
      usbPath: sockets.get(port.path) ?? port.locationId ?? null,
    }))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}

const BY_PATH = '/dev/serial/by-path';

/** Linux names sockets by links: `pci-0000:00:14.0-usb-0:2:1.0` leads to the port behind it. */
function usbPaths(): Map<string, string> {
  const sockets = new Map<string, string>();
  try {
    for (const name of readdirSync(BY_PATH)) sockets.set(realpathSync(join(BY_PATH, name)), name);
  } catch {
    // Other systems have no such folder, and this one only while something is plugged in.
  }
  return sockets;
}

function settled(start: (done: (cause: Error | null | undefined) => void) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    start((cause) => (cause ? reject(cause) : resolve()));
  });
}

function gone(path: string, cause: Error): HoplineError {
  return new HoplineError('PORT_GONE', `${path}: ${whatEnded(cause)}`, { cause });
}

const UNPLUGGED = 'it was unplugged or switched off';

/** A pulled cable shows first in whatever happens to be under way: a write, a read, or the close. */
function whatEnded(cause: Error): string {
  return /\b(EIO|ENXIO|ENODEV|EBADF)\b/.test(cause.message) ? UNPLUGGED : cause.message;
}

/** serialport gives sentences, without the system's code. */
function fail(path: string, cause: Error): never {
  const { message } = cause;
  if (/permission denied|access (is )?denied|EACCES|EPERM/i.test(message)) {
    throw new HoplineError('PORT_DENIED', `${path}: ${remedy(path)}`, { cause });
  }
  if (/cannot lock|busy|EBUSY|resource temporarily unavailable/i.test(message)) {
    const detail = `${path}: another program has it open; end that one first`;
    throw new HoplineError('PORT_BUSY', detail, { cause });
  }
  if (/no such file|file not found|ENOENT/i.test(message)) {
    const detail = `${path}: hopline flash --list shows those that are there`;
    throw new HoplineError('PORT_MISSING', detail, { cause });
  }
  if (/inappropriate ioctl|is a directory|ENOTTY|EISDIR/i.test(message)) {
    const detail = `${path}: that is no serial port; hopline flash --list shows those that are there`;
    throw new HoplineError('PORT_MISSING', detail, { cause });
  }
  throw gone(path, cause);
}

/** Which group the port belongs to, and how one joins it. */
function remedy(path: string): string {
  if (process.platform === 'win32') return 'run this as a user who may use it';
  const group = groupOf(path) ?? 'dialout';
  return `join its group with "sudo usermod -aG ${group} $USER", then log in again`;
}

function groupOf(path: string): string | null {
  try {
    const { gid } = statSync(path);
    const line = readFileSync('/etc/group', 'utf8')
      .split('\n')
      .find((entry) => entry.split(':')[2] === String(gid));
    const name = line?.split(':')[0] ?? null;
    // Whoever must be root to use it is not helped by joining root.
    return name === 'root' ? null : name;
  } catch {
    return null;
  }
}
