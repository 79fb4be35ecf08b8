/**
 * Processes: who else runs on this machine, as /proc says.
 */
import type { DoctorPort } from './port.ts';

/** Process numbers by the name of the program. */
export function programsNamed(port: DoctorPort, name: string): number[] {
  return pids(port).filter((pid) => port.read(`/proc/${pid}/comm`)?.trim() === name);
}

/** Relays, by the words they were started with. */
export function relays(port: DoctorPort): number[] {
  return pids(port).filter((pid) => {
    const words = (port.read(`/proc/${pid}/cmdline`) ?? '')
      .split('\0')
      .filter((word) => word !== '');
    // Only the program itself, not a shell or a sudo in front of it.
    if (!/(^|\/)node(js)?$/.test(words[0] ?? '') && !/^hopline/.test(words[0] ?? '')) return false;
    const at = words.findIndex((word) => /(^|\/)(hopline(\.[jt]s)?|relay\.mjs)$/.test(word));
    if (at < 0) return false;
    if (words[at].endsWith('relay.mjs')) return true;
    const [verb, deed] = words.slice(at + 1);
    return verb === 'relay' && !['pack', 'install', 'uninstall'].includes(deed ?? '');
  });
}

/** Who has a file open, among those whose files we may see. */
export function usersOf(port: DoctorPort, path: string): number[] {
  return pids(port).filter((pid) =>
    port.list(`/proc/${pid}/fd`).some((fd) => port.leadsTo(`/proc/${pid}/fd/${fd}`) === path),
  );
}

export function nameOf(port: DoctorPort, pid: number): string {
  return port.read(`/proc/${pid}/comm`)?.trim() ?? 'a program';
}

function pids(port: DoctorPort): number[] {
  return port
    .list('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}
