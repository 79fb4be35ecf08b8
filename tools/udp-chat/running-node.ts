/**
 * Running node: a node of the plain UDP chat with its socket, on this machine's clock.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { systemClock } from '../../device/pi/clock.ts';
import { lookUp, UdpChatSocket } from '../../host/links/udp-chat.ts';
import type { Clock } from '../../protocol/core/driver.ts';
import { Driver } from '../../protocol/core/driver.ts';
import { HoplineError } from '../../protocol/errors.ts';
import type { Address } from '../../protocol/udp-chat/address.ts';
import { printAddress } from '../../protocol/udp-chat/address.ts';
import { ChatNode } from '../../protocol/udp-chat/chat-node.ts';
import type {
  ChatNodeInput,
  ChatNodeOutput,
  ChatNodePorts,
} from '../../protocol/udp-chat/contract.ts';

export type RunningNodeOptions = {
  host: string;
  /** 0 for any that is free. */
  port: number;
  peers: Address[];
  ttl: number;
  seenTtlMs: number;
  discovers: boolean;
  /** Another group than everybody's. */
  group?: Address;
};

/** Everything but what goes to the socket. */
export type Told = Exclude<ChatNodeOutput, { kind: 'send' | 'announce' }>;

export type RunningNodeEvents = {
  told(output: Told): void;
  /** What did not leave. */
  failed(to: string, why: string): void;
  /** A law of its own was broken: it does nothing any more. */
  halted(cause: unknown): void;
};

export class RunningNode {
  readonly address: string;
  readonly node: ChatNode;
  private readonly socket: UdpChatSocket;
  private readonly driver: Driver<ChatNodeInput, ChatNodeOutput>;
  private readonly clock = systemClock();

  static async start(options: RunningNodeOptions, events: RunningNodeEvents): Promise<RunningNode> {
    let running: RunningNode | null = null;
    const socket = await UdpChatSocket.open(options.host, options.port, {
      datagram: (event) => running?.driver.feed(event) ?? false,
      failed: (to, why) => events.failed(to, why),
    });
    try {
      const neighbours = await neighboursOf(options.peers, socket);
      if (options.discovers) await socket.join(options.group);
      running = new RunningNode(socket, neighbours, options, events);
      return running;
    } catch (failure) {
      await socket.close();
      throw failure;
    }
  }

  private constructor(
    socket: UdpChatSocket,
    neighbours: string[],
    options: RunningNodeOptions,
    events: RunningNodeEvents,
  ) {
    const { address, aliases } = socket;
    const { ttl, seenTtlMs, discovers } = options;
    this.socket = socket;
    this.address = address;
    const settings = { address, aliases, neighbours, ttl, seenTtlMs, discovers };
    this.node = new ChatNode(settings, ports(), this.clock.now());
    const clock = unhurried(this.clock);
    this.driver = new Driver<ChatNodeInput, ChatNodeOutput>(this.node, clock, {
      // It stores nothing.
      commit() {},
      perform: (output) => {
        if (output.kind === 'send') this.socket.send(output.to, output.bytes, output.isOwn);
        else if (output.kind === 'announce') this.socket.announce(output.bytes);
        else events.told(output);
      },
      halted: (cause) => events.halted(cause),
    });
    this.driver.feed({ kind: 'clock', offsetMs: Date.now() - this.clock.now() });
  }

  /** Empty for everyone. */
  say(to: string, text: string): void {
    this.driver.feed({ kind: 'say', to, text });
  }

  recall(mids: string[]): void {
    this.driver.feed({ kind: 'recall', mids });
  }

  /** How long ago that was, by the clock that the node goes by. */
  ageOf(at: number): number {
    return this.clock.now() - at;
  }

  /** What was said last has left before. */
  async close(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    this.clock.stop();
    await this.socket.close();
  }
}

/**
 * For a driver with tens of thousands of inputs a second: what came together is worked off together, and
 * an alarm that stands already is not set again.
 */
function unhurried(clock: Clock): Clock {
  let standsFor = -1;
  return {
    now: () => clock.now(),
    wakeAt(at, wake) {
      if (at === standsFor) return;
      standsFor = at;
      clock.wakeAt(at, () => {
        standsFor = -1;
        wake();
      });
    },
    soon: (run) => void setImmediate(run),
  };
}

function ports(): ChatNodePorts {
  const key = randomBytes(8);
  return { uuid: randomUUID, seenKey: [key.readUInt32LE(0), key.readUInt32LE(4)] };
}

/** A node that sends to itself would hear all it says as another's. */
async function neighboursOf(peers: Address[], socket: UdpChatSocket): Promise<string[]> {
  const own = new Set([socket.address, ...socket.aliases]);
  const neighbours = new Set<string>();
  for (const peer of peers) {
    const place = await lookUp(peer, socket.address);
    const shown = printAddress(peer);
    if (own.has(place) || own.has(shown)) {
      throw new HoplineError('USAGE', `${shown} is this node itself, and no peer of it`);
    }
    neighbours.add(place);
  }
  return [...neighbours];
}
