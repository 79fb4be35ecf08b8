/**
 * The page's provisioning, over a real pseudo-terminal with a board at its end: the same as the
 * command's, with the keys in the bridge's folder and the port borrowed for each visit.
 */
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { Daemon } from '../../../host/daemon.ts';
import type { FleetRowView } from '../../../host/http/views.ts';
import { plugIn } from '../../../tools/bench/cable.ts';
import { fleetTool } from '../../../tools/up/fleet-tool.ts';
import { NodeBoard } from '../../provision/node-board.ts';
import { cable, SOCAT, WITHOUT_SOCAT } from '../../pty.ts';

const NEVER = new AbortController().signal;

it.skipIf(!SOCAT)(
  `plans and applies a fleet at ports that are lent, and says what is left${WITHOUT_SOCAT}`,
  async () => {
    const data = fs.mkdtempSync(join(tmpdir(), 'hopline-fleet-'));
    const line = await cable();
    const board = new NodeBoard(1, { consoleMs: 50 });
    const unplug = await plugIn(board, line.far, 115_200);
    const lent: string[] = [];
    const daemon = {
      config: { data } as Daemon['config'],
      lend: async (port: string) => {
        lent.push(`lent ${port}`);
        return () => void lent.push(`back ${port}`);
      },
    };
    try {
      const tool = fleetTool(daemon, async () => []);
      const fleet = `nodes:\n- { name: gate, ttl-max: 5, match: { port: ${line.near} } }\n- { name: later, match: next }\n`;
      const [gate, later] = await tool.plan(fleet, NEVER, () => {});
      expect(gate).toMatchObject({ port: line.near, result: 'would change', isDone: false });
      expect(gate.changes).toContainEqual({ name: 'ttl-max', from: '7', to: '5' });
      expect(later).toMatchObject({ port: null, isDone: false });
      expect(lent).toEqual([`lent ${line.near}`, `back ${line.near}`]);

      const shown: FleetRowView[] = [];
      const done = await tool.apply(fleet, NEVER, (row) => void shown.push(row));
      expect(done[0]).toMatchObject({ result: 'provisioned', isDone: true });
      expect(done[0].id).toMatch(/^[0-9a-f]{16}$/);
      expect(done[1].isDone).toBe(false);
      expect(shown).toHaveLength(2);
      expect(fs.readdirSync(join(data, 'node-keys'))).toEqual(['gate.key']);
      const [same] = await tool.plan(fleet, NEVER, () => {});
      expect(same).toMatchObject({ result: 'as it should be', isDone: true, changes: [] });
      await expect(tool.plan('nodes: 3', NEVER, () => {})).rejects.toThrow(/^.*the fleet/);
    } finally {
      await unplug();
      await line.pull();
      fs.rmSync(data, { recursive: true, force: true });
    }
  },
);
