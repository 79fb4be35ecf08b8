/**
 * Logins: one-time codes for the token. A code serves once and for ten minutes; wrong ones are counted
 * for each address, and when there were too many even the right one must wait.
 */
import { randomBytes } from 'node:crypto';
import { HoplineError } from '../../protocol/errors.ts';
import { keepNewest } from '../../protocol/keep-newest.ts';

const CODE_MS = 10 * 60_000;
/** Codes that wait at once; then the oldest serves no more. */
const CODES_MAX = 16;
/** Wrong codes of an address in a minute; then it is refused until the minute is over. */
const WRONG_MAX = 10;
const WRONG_MS = 60_000;
/** Addresses whose wrong codes are counted; then the one counted longest makes way. */
const ADDRESSES_MAX = 1024;

export type LoginCode = { code: string; link: string; expiresAt: number };

export class Logins {
  private readonly token: string;
  private readonly now: () => number;
  private readonly linkFor: (code: string) => string;
  /** By code: when it stops serving. The oldest first. */
  private readonly codes = new Map<string, number>();
  private readonly wrong = new Map<string, { count: number; until: number }>();

  constructor(token: string, linkFor: (code: string) => string, now: () => number) {
    this.token = token;
    this.linkFor = linkFor;
    this.now = now;
  }

  newCode(): LoginCode {
    const code = randomBytes(16).toString('hex');
    const expiresAt = this.now() + CODE_MS;
    this.codes.set(code, expiresAt);
    keepNewest(this.codes, CODES_MAX);
    return { code, link: this.linkFor(code), expiresAt };
  }

  /** The token, or a refusal. */
  redeem(code: string, from: string): string {
    const now = this.now();
    const tries = this.triesOf(from, now);
    if (tries >= WRONG_MAX) {
      throw new HoplineError('TOO_OFTEN', 'too many wrong login codes; wait a minute');
    }
    const expiresAt = this.codes.get(code);
    this.codes.delete(code);
    if (expiresAt !== undefined && now < expiresAt) return this.token;
    this.countWrong(from, tries, now);
    throw new HoplineError(
      'LOGIN_REFUSED',
      'a code serves once and for ten minutes; `hopline login` prints a new one',
    );
  }

  private triesOf(from: string, now: number): number {
    const entry = this.wrong.get(from);
    return entry === undefined || entry.until <= now ? 0 : entry.count;
  }

  private countWrong(from: string, before: number, now: number): void {
    const until = before === 0 ? now + WRONG_MS : this.wrong.get(from)!.until;
    this.wrong.delete(from);
    this.wrong.set(from, { count: before + 1, until });
    keepNewest(this.wrong, ADDRESSES_MAX);
  }
}
