/**
 * Words: what people in a simulated mesh asked to have said, what of it was acknowledged, and where it
 * arrived when. It is what the laws of a run are judged by, and its curves are drawn from.
 */
import type { Millis } from '../../protocol/core/machine.ts';
import type { MessageName } from '../../host/types.ts';

export type Word = {
  readonly by: number;
  /** Null for everyone. */
  readonly to: number | null;
  readonly text: string;
  readonly saidAt: Millis;
  /** How far its author's clock was off. */
  readonly offMs: Millis;
  /** Null until its author was told that it is stored. */
  name: MessageName | null;
  /** By node: when it was there. */
  readonly arrivedAt: Map<number, Millis>;
  /** False once its author's disk lost it: nobody owes it then. */
  isOnDisk: boolean;
};

export class Words {
  readonly all: Word[] = [];
  private readonly byTicket = new Map<number, Word>();

  /** The ticket to ask with. */
  ask(word: Pick<Word, 'by' | 'to' | 'text' | 'saidAt' | 'offMs'>): number {
    const ticket = this.all.length;
    const asked: Word = { ...word, name: null, arrivedAt: new Map(), isOnDisk: true };
    this.all.push(asked);
    this.byTicket.set(ticket, asked);
    return ticket;
  }

  stored(ticket: number, name: MessageName): void {
    const word = this.byTicket.get(ticket);
    if (word === undefined) return;
    word.name = name;
  }

  /** Whether anybody ever asked that node to say this, to that one or to everyone. */
  wasAsked(by: number, to: number | null, text: string): Word | undefined {
    return this.all.find((word) => word.by === by && word.to === to && word.text === text);
  }

  acknowledged(): Word[] {
    return this.all.filter(({ name }) => name !== null);
  }
}
