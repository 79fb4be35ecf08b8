/**
 * Unit: the systemd service of a bridge, of the machine or of one user. That of the machine runs as a
 * user made for it, who may open raw Bluetooth sockets, serial ports and the network, and otherwise
 * little. Its second line is a sum of all below, by which a unit that somebody changed is known.
 */
import { checkOf } from '../../device/pi/private-file.ts';
import { machineService, serviceOf } from '../relay/unit.ts';

export const SERVICE = 'hopline.service';

const HEAD =
  '# Hopline bridge, written by "hopline up --install"; "hopline up --uninstall" removes it.';

/** `command` is the whole command line: absolute paths, as systemd wants them. */
export function bridgeUnit(command: string[], isOfUser: boolean): string {
  const body = isOfUser ? ofUser(command) : ofMachine(command);
  return `${HEAD}\n# sum ${checkOf(body)}\n${body}`;
}

export function isAsWritten(unit: string): boolean {
  const [, sum, ...body] = unit.split('\n');
  return sum === `# sum ${checkOf(body.join('\n'))}`;
}

function ofMachine(command: string[]): string {
  return `[Unit]
Description=Hopline bridge
Wants=network-online.target
After=network-online.target bluetooth.target time-sync.target
# bluetoothd and the bridge would take the adapter from each other, and so would a relay.
Conflicts=bluetooth.service hopline-relay.service
After=bluetooth.service
StartLimitIntervalSec=0

${service(command)}
${machineService('AF_UNIX AF_INET AF_INET6 AF_BLUETOOTH AF_NETLINK')}`;
}

/** What a user's systemd can promise: no other rights, and nothing that needs those of the machine. */
function ofUser(command: string[]): string {
  return `[Unit]
Description=Hopline bridge
StartLimitIntervalSec=0

${service(command)}
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK

[Install]
WantedBy=default.target
`;
}

function service(command: string[]): string {
  return `${serviceOf(command)}\nExecReload=/bin/kill -HUP $MAINPID`;
}
