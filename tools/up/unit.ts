/**
 * Unit: the systemd service of a bridge, of the machine or of one user. That of the machine runs as a
 * user made for it, who may open raw Bluetooth sockets, serial ports and the network, and otherwise
 * little. Its second line is a sum of all below, by which a unit that somebody changed is known.
 */
import { checkOf } from '../../device/pi/private-file.ts';
import { quoted } from '../relay/unit.ts';

export const SERVICE = 'hopline.service';

/** A bridge that shows no sign of life for so long is started anew. */
const WATCHDOG_S = 60;

const HEAD =
  '# Hopline bridge, written by "hopline up --install"; "hopline up --uninstall" removes it.';

/** `command` is the whole command line: absolute paths, as systemd wants them. */
export function bridgeUnit(command: string[], isOfUser: boolean): string {
  const run = command.map(quoted).join(' ');
  const body = isOfUser ? ofUser(run) : ofMachine(run);
  return `${HEAD}\n# sum ${checkOf(body)}\n${body}`;
}

export function isAsWritten(unit: string): boolean {
  const [, sum, ...body] = unit.split('\n');
  return sum === `# sum ${checkOf(body.join('\n'))}`;
}

function ofMachine(run: string): string {
  return `[Unit]
Description=Hopline bridge
Wants=network-online.target
After=network-online.target bluetooth.target time-sync.target
# bluetoothd and the bridge would take the adapter from each other, and so would a relay.
Conflicts=bluetooth.service hopline-relay.service
After=bluetooth.service
StartLimitIntervalSec=0

${service(run)}
# As root, and whether or not they are there: the adapter must be up before the bridge opens it.
ExecStartPre=-+/usr/sbin/rfkill unblock bluetooth
ExecStartPre=-+/usr/bin/hciconfig hci0 up

DynamicUser=yes
SupplementaryGroups=dialout
StateDirectory=hopline
StateDirectoryMode=0700
RuntimeDirectory=hopline
RuntimeDirectoryMode=0755
AmbientCapabilities=CAP_NET_RAW
CapabilityBoundingSet=CAP_NET_RAW
ProtectSystem=strict
ProtectHome=read-only
PrivateTmp=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
DevicePolicy=closed
DeviceAllow=char-ttyUSB rw
DeviceAllow=char-ttyACM rw
DeviceAllow=char-ttyAMA rw
DeviceAllow=char-ttyS rw
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_BLUETOOTH AF_NETLINK
RestrictNamespaces=yes

[Install]
WantedBy=multi-user.target
`;
}

/** What a user's systemd can promise: no other rights, and nothing that needs those of the machine. */
function ofUser(run: string): string {
  return `[Unit]
Description=Hopline bridge
StartLimitIntervalSec=0

${service(run)}
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK

[Install]
WantedBy=default.target
`;
}

function service(run: string): string {
  return `[Service]
Type=notify
NotifyAccess=all
WatchdogSec=${WATCHDOG_S}
Restart=always
RestartSec=5
TimeoutStopSec=15
ExecStart=${run}
ExecReload=/bin/kill -HUP $MAINPID
NoNewPrivileges=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
SystemCallArchitectures=native
UMask=0077`;
}
