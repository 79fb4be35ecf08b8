/**
 * Data option: the option of every command that speaks to a bridge. It is by itself because a command
 * that only may do so must load nothing for it.
 */
import type { Option } from '../command.ts';

export const DATA_OPTION: Option = {
  type: 'string',
  value: 'folder',
  help: 'the data folder of the bridge (finds it)',
};
