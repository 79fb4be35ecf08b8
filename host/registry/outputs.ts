/**
 * Outputs: what a component says, looked at before it leaves the registry. Station, store and pages take
 * what they are given for right, and would end over a mistake; here it is the component that fails.
 */
import { ID_SIZE } from '../../protocol/core/packet.ts';
import { isLinkScoped } from '../../protocol/core/relay.ts';
import type { OwnDraft } from '../../protocol/peer/contract.ts';
import type { ComponentOutput, ComponentWrite, StationOrder } from '../component.ts';
import { EVENT_FIELDS } from '../events.ts';
import type { FieldsOf } from '../fields.ts';
import { checkKind, isId } from '../fields.ts';
import type { Answer } from '../types.ts';
import { AUDIT_ACTS, WISH_REFUSALS } from '../types.ts';

const ID = 'id of 8 bytes';

const ORDERS: FieldsOf<StationOrder> = {
  ping: { id: ID, link: 'number, if it is there', attempts: 'number, if it is there' },
  trace: { id: ID },
  tally: {
    links: 'list of numbers',
    span: {
      ...{ since: 'number', from: 'number', until: 'number', comparedTo: 'number' },
      isSettled: 'true or false',
    },
  },
  redial: { id: ID },
  pace: { pace: { intervalMs: 'number above 0', missedMax: 'number above 0' } },
  release: { id: ID },
};

const WRITES: FieldsOf<ComponentWrite> = {
  setting: { name: 'text', value: 'text or null' },
  audit: {
    entry: {
      at: 'number or null',
      who: 'text',
      act: AUDIT_ACTS,
      subject: 'text',
      detail: 'text',
    },
  },
};

const ANSWERS: FieldsOf<Answer> = {
  stored: { name: { conversation: 'text', sender: ID, id: 'text' } },
  done: {},
  refused: { reason: WISH_REFUSALS },
};

/** Throws what is wrong with it, in words for whoever wrote the component. */
export function checkOutput(output: ComponentOutput): void {
  switch (output.kind) {
    case 'send':
      return checkDraft(output.draft);
    case 'order':
      return checkKind('orders', output.order, ORDERS);
    case 'event':
      return checkKind('tells', output.event, EVENT_FIELDS);
    case 'store':
      return checkKind('stores', output.write, WRITES);
    case 'answer':
      return checkKind('answers', output.answer, ANSWERS);
    default: {
      const { kind } = output as { kind?: unknown };
      throw new Error(`it gives "${String(kind)}", and not send, order, event, store or answer`);
    }
  }
}

function checkDraft({ type, payload, recipient }: OwnDraft): void {
  if (!Number.isInteger(type) || type < 0 || type > 255) {
    throw new Error(`it says a packet of type ${type}, and types are bytes`);
  }
  if (isLinkScoped(type)) {
    throw new Error(`it says a packet of type ${type}, which links alone say`);
  }
  if (!(payload instanceof Uint8Array)) {
    throw new Error('it says a packet whose payload is no Uint8Array');
  }
  if (recipient !== null && !isId(recipient)) {
    throw new Error(
      `it says a packet to somebody, and not to an id of ${ID_SIZE} bytes, or to null`,
    );
  }
}
