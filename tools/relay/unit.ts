/**
 * Unit: the systemd service of a relay. It runs as a user of its own, made for it, who may open raw
 * Bluetooth sockets and serial ports and otherwise little; systemd starts it again when it ends, and
 * when it gives no sign of life.
 */

/** The name of the service. */
export const SERVICE = 'hopline-relay.service';
export const UNIT_PATH = `/etc/systemd/system/${SERVICE}`;
export const CONFIG_PATH = '/etc/hopline/relay.yaml';
/** Where its status socket is, for other programs. */
export const SOCKET_PATH = '/run/hopline/relay.sock';

/** Whoever shows no sign of life for so long is started anew. */
const WATCHDOG_S = 60;

/** `command` is the whole command line: absolute paths, as systemd wants them. */
export function unitOf(command: string[]): string {
  return `# Hopline relay, written by "hopline relay install"; "hopline relay uninstall" removes it.
[Unit]
Description=Hopline relay
After=network.target bluetooth.target time-sync.target
# bluetoothd and the relay would take the adapter from each other: it is stopped while the relay runs.
Conflicts=bluetooth.service
After=bluetooth.service
StartLimitIntervalSec=0

${serviceOf(command)}
${machineService('AF_UNIX AF_BLUETOOTH AF_NETLINK')}`;
}

/** What holds of every service of ours: it gives signs of life, begins anew, and gains no rights. */
export function serviceOf(command: string[]): string {
  return `[Service]
Type=notify
NotifyAccess=all
WatchdogSec=${WATCHDOG_S}
Restart=always
RestartSec=5
TimeoutStopSec=15
ExecStart=${command.map(quoted).join(' ')}
NoNewPrivileges=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
SystemCallArchitectures=native
UMask=0077`;
}

/** The rest of one of the machine, which has a radio and wires; `families` are of addresses. */
export function machineService(families: string): string {
  return `# As root, and whether or not they are there: the adapter must be up before it is opened.
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
RestrictAddressFamilies=${families}
RestrictNamespaces=yes

[Install]
WantedBy=multi-user.target
`;
}

/** Settings that are the usual ones, to be changed by hand. */
export const CONFIG_TEXT = `# Settings of the Hopline relay. What stands behind a # is what it does without.
#
# name: attic
# radio: { on: true, adapter: hci0 }
# serial: auto                 # or none, or a list of ports
# ttl: 7
# security: moderate           # permissive, moderate, strict
# stamps: true                 # announces show work: strict nodes see nobody else
# history: { messages: 1000, kilobytes: 1024, hours: 6 }
# notes: []                    # key files of devices whose notes are said on
# log: info                    # trace, debug, info, warn, error, silent
`;

/** As systemd reads it. */
function quoted(word: string): string {
  const plain = word.replaceAll('%', '%%').replaceAll('$', '$$$$');
  return /^[\w@%+=:,./$-]+$/.test(plain) ? plain : `"${plain.replace(/["\\]/g, '\\$&')}"`;
}
