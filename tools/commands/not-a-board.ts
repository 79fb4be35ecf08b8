/**
 * Not a board: what to tell a person whose port has no open console behind it.
 */
import { HoplineError } from '../../protocol/errors.ts';
import type { NotABoard } from '../flash/recognise.ts';

export function notABoard(port: string, reason: NotABoard): HoplineError {
  const opening = `hopline provision unlock ${port} opens it, or its button held while it starts`;
  switch (reason) {
    case 'silent':
      return new HoplineError('BOARD_SILENT', `${port}: is it powered, and is this its port?`);
    case 'stranger':
      return new HoplineError(
        'BOARD_UNKNOWN',
        `${port}: a board without Espruino needs that first, and a terminal program must let go of it`,
      );
    case 'node':
      return new HoplineError(
        'CONSOLE_LOCKED',
        `${port}: Hopline runs there and has the port for itself; ${opening}`,
      );
    case 'locked':
      return new HoplineError(
        'CONSOLE_LOCKED',
        `${port}: ${opening}, or give its password with --password-file`,
      );
    case 'wrong-password':
      return new HoplineError('CONSOLE_LOCKED', `${port}: that is not its password`);
  }
}
