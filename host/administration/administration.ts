/**
 * Administration: requests between bridges inside their sessions, both ways (WIRE §21): what people
 * here ask of others, and what administrators ask of us.
 */
import { readU32 } from '../../protocol/core/bytes.ts';
import type { Machine, Millis, Tick } from '../../protocol/core/machine.ts';
import { Counts } from '../../protocol/peer/counts.ts';
import { decodeAdministration } from '../../protocol/wire/administration.ts';
import type { AdministrationInput, AdministrationOutput } from './contract.ts';
import type { OfficePorts } from './office.ts';
import { Office } from './office.ts';
import type { QuestionsPorts } from './questions.ts';
import { Questions } from './questions.ts';

export type AdministrationSnapshot = {
  /** Of ours, that wait for an answer. */
  asked: number;
  /** Of others, that were obeyed, and that were not. */
  served: number;
  refused: number;
  drops: Record<string, number>;
};

export class Administration implements Machine<AdministrationInput, AdministrationOutput> {
  private readonly office: Office;
  private readonly questions: Questions;
  private readonly drops = new Counts();
  private epochMs: number | null = null;

  /** `perMinute`: requests that one peer may make. */
  constructor(
    administrators: readonly string[],
    perMinute: number,
    ports: OfficePorts & QuestionsPorts,
  ) {
    this.office = new Office(ports, this.drops, perMinute, readU32(ports.draw(4), 0));
    this.office.administrators = administrators;
    this.questions = new Questions(ports);
  }

  step(input: AdministrationInput | Tick, now: Millis): AdministrationOutput[] {
    switch (input.kind) {
      case 'heard':
        return this.hear(input, now);
      case 'session':
        return this.questions.onSession(input.peer, input.isLive, now);
      case 'ask':
        return this.questions.ask(input.ticket, input.wish, now);
      case 'served':
        return this.office.onServed(input.number, input);
      case 'appoint':
        this.office.administrators = input.administrators;
        return [];
      case 'clock':
        this.epochMs = input.offsetMs;
        this.questions.epochMs = input.offsetMs;
        return [];
      case 'tick':
        return this.questions.tick(now);
    }
  }

  deadline(): Millis {
    return this.questions.deadline();
  }

  snapshot(): AdministrationSnapshot {
    const { served, refused } = this.office;
    return { asked: this.questions.size, served, refused, drops: this.drops.reasons() };
  }

  private hear(
    { peer, noiseKey, body }: Extract<AdministrationInput, { kind: 'heard' }>,
    now: Millis,
  ): AdministrationOutput[] {
    const out: AdministrationOutput[] = [];
    const said = decodeAdministration(body);
    if (!said.ok) {
      this.drops.drop(said.reason);
    } else if (said.request !== null) {
      const unixMs = this.epochMs === null ? null : Math.floor(this.epochMs + now);
      return this.office.hear({ peer, noiseKey }, said.request, now, unixMs);
    } else if (!this.questions.hear(peer, said.reply, now, out)) this.drops.drop('unexpected');
    return out;
  }
}
