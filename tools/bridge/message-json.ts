/**
 * Message JSON: a message as an event for programs, in the shape in which the bridge tells of it.
 */
import type { EventView, MessageView } from '../../host/http/views.ts';

/** Without an event it was read afterwards, and there is no cursor to go on from. */
export function jsonOfMessage(
  kind: 'message' | 'message-state',
  message: MessageView,
  event: EventView | null,
): string {
  return JSON.stringify(event ?? { cursor: null, at: message.heardAt, kind, message });
}
