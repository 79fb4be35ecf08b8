/**
 * hopline login [--data <folder>] [--json]
 *
 * A new link to the page of a running bridge. It logs in one browser, once.
 */
import { BridgeClient } from '../bridge/client.ts';
import { clockTime } from '../bridge/paints.ts';
import { DATA_OPTION } from '../bridge/data-option.ts';
import type { Command } from '../command.ts';
import { has, JSON_OPTION } from '../command.ts';

type LoginCode = { code: string; link: string; expiresAt: number };

export const login: Command = {
  name: 'login',
  summary: 'a one-time link that opens the page of a running bridge',
  usage: 'hopline login [--data <folder>] [--json]',
  options: { data: DATA_OPTION, json: JSON_OPTION },
  examples: ['hopline login'],

  async run(args, io) {
    const login = await BridgeClient.of(args, io).post<LoginCode>('login-codes');
    if (has(args, 'json')) return io.out(JSON.stringify(login));
    io.out(login.link);
    io.err(`It opens the page in one browser, once, until ${clockTime(login.expiresAt)}.`);
  },
};
