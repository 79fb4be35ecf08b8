/**
 * Reread: what a hang-up asks for: the settings as the file has them now, and a line of the log about
 * what came of it.
 */
import type { Log } from '../../device/pi/log.ts';
import type { Reread, Setup } from '../../host/daemon/setup.ts';

export function reread(setup: Pick<Setup, 'reread' | 'file'>, log: Log): void {
  const file = setup.file.path;
  let came: Reread;
  try {
    came = setup.reread();
  } catch (cause) {
    return log.error(`the settings stay as they are: ${(cause as Error).message}`);
  }
  const { changed, pending } = came;
  const others = changed.length > 0 ? changed.join(', ') : 'nothing';
  log.info('the settings were read again', { file, changed: others });
  if (pending.length === 0) return;
  log.warn('what is said of these holds from the next start on', { settings: pending.join(', ') });
}
