/**
 * Delivery: how far a message of ours came, as a sign and in words.
 */
import type { MessageView } from '../views.ts';
import { deliveryOf } from './words.ts';

const SIGNS: Record<MessageView['state'], string> = {
  heard: '',
  waiting: 'M8 4.5V8l2.5 1.5M14 8A6 6 0 1 1 2 8a6 6 0 0 1 12 0',
  sent: 'M3 8.5l3.2 3L13 4.5',
  delivered: 'M1 8.5l3.2 3L11 4.5M7.6 11.3l.4.2L15 4.5',
  read: 'M1 8.5l3.2 3L11 4.5M7.6 11.3l.4.2L15 4.5',
  failed: 'M4 4l8 8M12 4l-8 8',
};

export function Delivery({ message }: { message: MessageView }) {
  const words = deliveryOf(message);
  if (words === null) return null;
  return (
    <span class={`delivery ${message.state}`}>
      <svg viewBox="0 0 16 16" aria-hidden="true">
        <path d={SIGNS[message.state]} />
      </svg>
      {words}
    </span>
  );
}
