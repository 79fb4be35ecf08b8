/**
 * Chat screen: where a chat shows itself. At a terminal lines appear above what is being typed, remarks
 * among messages; in a pipe the messages alone go out, and remarks go where errors do.
 */
import { HoplineError } from '../protocol/errors.ts';
import { clockTime, dayOf, fullTime, hasPalette, paints } from './bridge/paints.ts';
import type { Io } from './command.ts';
import type { Dialogue } from './dialogue.ts';

/** How lines are made for it. */
export type ScreenLook = {
  colour: boolean;
  /** The terminal has 256 colours, rather than 16. */
  hasPalette: boolean;
  /** Of a time: its clock alone, or the day as well. */
  time(unixMs: number): string;
  /** Between the lines of a text: on a screen each gets its own row. */
  lineBreak: string;
};

export class ChatScreen {
  private readonly io: Io;
  private readonly isJson: boolean;
  private dialogue: Dialogue | null = null;
  private day = '';
  private refused = 0;

  constructor(io: Io, isJson: boolean) {
    this.io = io;
    this.isJson = isJson;
  }

  /** From now on somebody types below what appears, or a program writes lines. */
  attach(dialogue: Dialogue): void {
    this.dialogue = dialogue;
  }

  /** Somebody sits there, and reads what is meant for people. */
  get isLive(): boolean {
    return this.dialogue?.isLive === true && !this.isJson;
  }

  get look(): ScreenLook {
    const { isLive, io } = this;
    return {
      colour: io.colour,
      hasPalette: hasPalette(io.env),
      time: isLive ? clockTime : fullTime,
      lineBreak: isLive ? '\n      | ' : ' / ',
    };
  }

  print(line: string): void {
    if (this.dialogue === null) this.io.out(line);
    else this.dialogue.say(line);
  }

  printJson(value: object): void {
    this.print(JSON.stringify(value));
  }

  remark(words: string): void {
    if (this.isLive) this.print(paints(this.look).dim(`* ${words}`));
    else this.io.err(words);
  }

  /** Something that was typed is not done. */
  refuse(why: string): void {
    this.refused++;
    if (this.isLive) this.print(paints(this.look).alert(why));
    else this.io.err(`hopline: ${why}`);
  }

  /** Between what was before and what comes now, for people. */
  divide(words: string): void {
    if (this.isLive) this.print(paints(this.look).dim(`--- ${words} ---`));
  }

  /** A message of then comes next. */
  turnTo(unixMs: number): void {
    const day = dayOf(unixMs);
    if (day !== this.day) this.divide(day);
    this.day = day;
  }

  /** A program has to be told at the end whether all it wrote was taken; a person has seen it. */
  demandNoneRefused(): void {
    if (this.refused === 0 || this.dialogue?.isLive === true) return;
    const lines = this.refused === 1 ? 'a line was' : `${this.refused} lines were`;
    throw new HoplineError('MESSAGE_FAILED', `${lines} refused, see above`);
  }
}
