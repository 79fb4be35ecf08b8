/**
 * Setting names: how a person writes the settings of core/settings-table.ts, in its order. A device
 * carries ids only.
 */
export const SETTING_NAMES = [
  'name',
  'role',
  'ttl-max',
  'link-rate',
  'link-burst',
  'sender-rate',
  'sender-burst',
  'allowed',
  'denied',
  'advertise-duty',
  'scan-duty',
  'power-source',
  'transmit-power',
  'seen-max',
  'console-lock',
  'node-id',
  'admin-key',
  'note-key',
] as const;
