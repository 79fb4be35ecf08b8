/**
 * Relays: what a relay is told and what it says, in words that tests compare.
 */
import { TTL_AT } from '../../../protocol/core/packet.ts';
import type { RelayInput, RelayOutput } from '../../../protocol/core/relay.ts';
import { packet } from '../../packets.ts';

export function heard(link: number, differs: Parameters<typeof packet>[0] = {}): RelayInput {
  return { kind: 'heard', link, bytes: packet(differs) };
}

export function isTransmit(output: RelayOutput): output is RelayOutput & { kind: 'transmit' } {
  return output.kind === 'transmit';
}

export function names(outputs: RelayOutput[]): string[] {
  return outputs.map((output) => {
    switch (output.kind) {
      case 'transmit':
        return `transmit ${output.link} ttl ${output.bytes[TTL_AT]}`;
      case 'deliver':
        return `deliver ttl ${output.ttl}`;
      case 'passed':
        return `passed from ${output.link} ttl ${output.bytes[TTL_AT]}`;
      case 'drop':
        return `drop ${output.reason}`;
    }
  });
}
