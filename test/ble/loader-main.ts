/**
 * Loader: puts the virtual radio under libraries that ask for bluetooth-hci-socket. Bundled to
 * CommonJS and given to Node as `--require`, it answers for that package and for nothing else, and
 * only where VIRTUAL_HCI says which controllers there are.
 */
import Module from 'node:module';
import { HciSocket } from './hci-socket.ts';

const PACKAGE = '@abandonware/bluetooth-hci-socket';

type Load = (request: string, ...rest: unknown[]) => unknown;

const loader = Module as unknown as { _load: Load };
const load = loader._load;

if (process.env['VIRTUAL_HCI'] !== undefined) {
  loader._load = function (this: unknown, request, ...rest) {
    return request === PACKAGE ? HciSocket : load.call(this, request, ...rest);
  };
}
