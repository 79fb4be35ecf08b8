/**
 * Read marks: how far a person has read each conversation, as the bridge is told of it. What was on his
 * screen counts as read.
 */
import type { MessageView } from '../../host/http/views.ts';
import type { BridgeClient } from './client.ts';

export class ReadMarks {
  private readonly client: BridgeClient;
  /** By conversation: the newest key that was seen and not told yet. */
  private readonly seen = new Map<string, number>();
  private isTelling = false;

  constructor(client: BridgeClient) {
    this.client = client;
  }

  see({ conversation, key }: Pick<MessageView, 'conversation' | 'key'>): void {
    this.seen.set(conversation, Math.max(key, this.seen.get(conversation) ?? 0));
    if (!this.isTelling) void this.tell();
  }

  private async tell(): Promise<void> {
    this.isTelling = true;
    for (const [conversation, key] of this.seen) {
      this.seen.delete(conversation);
      // A bridge that cannot be told now is told with the next message.
      await this.client
        .post(`conversations/${encodeURIComponent(conversation)}/read`, { key })
        .catch(() => {});
    }
    this.isTelling = false;
  }
}
