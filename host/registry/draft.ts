/**
 * Draft: what a component wants said, looked at before it leaves the registry. The station takes what it
 * is given for right, and would end over a mistake; here it is the component that fails.
 */
import { ID_SIZE } from '../../protocol/core/packet.ts';
import { isLinkScoped } from '../../protocol/core/relay.ts';
import type { OwnDraft } from '../../protocol/peer/contract.ts';

/** Throws what is wrong with it, in words for whoever wrote the component. */
export function checkDraft({ type, payload, recipient }: OwnDraft): void {
  if (!Number.isInteger(type) || type < 0 || type > 255) {
    throw new Error(`it says a packet of type ${type}, and types are bytes`);
  }
  if (isLinkScoped(type)) {
    throw new Error(`it says a packet of type ${type}, which links alone say`);
  }
  if (!(payload instanceof Uint8Array)) {
    throw new Error('it says a packet whose payload is no Uint8Array');
  }
  const isId = recipient instanceof Uint8Array && recipient.length === ID_SIZE;
  if (recipient !== null && !isId) {
    throw new Error(
      `it says a packet to somebody, and not to an id of ${ID_SIZE} bytes, or to null`,
    );
  }
}
