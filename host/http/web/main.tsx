/**
 * Main: the program of the page: gets it a token, and joins the panel to the browser.
 */
import { render } from 'preact';
import { App } from './app.tsx';
import type { SocketTold } from './feed.ts';
import { Login } from './login.tsx';
import { Panel } from './panel.ts';
import type { PanelPorts } from './panel.ts';
import { isOpen, logIn, Refusal } from './requests.ts';
import { loginCodeOf } from './route.ts';

/**
 * Where the token is kept. It outlives the tab, so that a phone that was away is still logged in;
 * `Log out` removes it.
 */
const TOKEN_KEY = 'hopline-token';

const ports: PanelPorts = {
  open: openSocket,
  later(ms, call) {
    const timer = setTimeout(call, ms);
    return () => clearTimeout(timer);
  },
  unixMs: () => Date.now(),
};

const page = document.getElementById('page')!;
let panel: Panel | null = null;

addEventListener('hashchange', () => {
  if (loginCodeOf(location.hash) !== null) void start();
});
// Whoever logs in or out in one tab does so in all of them.
addEventListener('storage', ({ key }) => {
  if (key === TOKEN_KEY || key === null) void start();
});
void start();

async function start(): Promise<void> {
  const failure = await redeem();
  const token = localStorage.getItem(TOKEN_KEY) ?? '';
  panel?.close();
  panel = null;
  if (token === '' && !(await isOpen(location.origin))) {
    return render(<Login failure={failure} />, page);
  }
  panel = new Panel(location.origin, token, ports);
  render(<App panel={panel} logOut={logOut} />, page);
  panel.open();
}

/** Takes the code of a login link out of the address, and a token for it; says why it got none. */
async function redeem(): Promise<string | null> {
  const code = loginCodeOf(location.hash);
  if (code === null) return null;
  // Codes serve once and are nothing to come back to.
  history.replaceState(null, '', `${location.pathname}#/map`);
  try {
    localStorage.setItem(TOKEN_KEY, await logIn(location.origin, code));
    return null;
  } catch (failure) {
    const isSpent = failure instanceof Refusal && failure.status === 401;
    const why = isSpent ? 'it works once, for ten minutes' : (failure as Error).message;
    return `That link did not log you in: ${why}.`;
  }
}

function logOut(): void {
  localStorage.removeItem(TOKEN_KEY);
  void start();
}

function openSocket(url: string, protocols: string[], told: SocketTold): { close(): void } {
  const socket = new WebSocket(url, protocols);
  socket.onopen = () => told.opened();
  socket.onmessage = ({ data }) => told.received(String(data));
  socket.onclose = () => told.closed();
  return socket;
}

// A phone that slept has a socket that nobody answers on; waking up is the time to find out.
addEventListener('online', () => panel?.open());
document.addEventListener('visibilitychange', () => {
  if (document.visibilityState === 'visible') panel?.wake();
});
