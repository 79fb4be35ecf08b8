/**
 * Demo: the smallest page that takes part in a mesh. It opens its line at the port that it came from,
 * and is another peer in every tab.
 */
import type { AttachedLeaf } from '../main.ts';
import { attach } from '../main.ts';

const attachForm = document.querySelector<HTMLFormElement>('#attach')!;
const sayForm = document.querySelector<HTMLFormElement>('#say')!;
const state = document.querySelector('#state')!;
const messages = document.querySelector('#messages')!;
/** Lines shown; then the oldest go. */
const SHOWN_MAX = 200;

let leaf: AttachedLeaf | null = null;

attachForm.addEventListener('submit', (event) => {
  event.preventDefault();
  const [name, ticket] = ['name', 'ticket'].map((field) => textOf(attachForm, field));
  const address = location.origin.replace(/^http/, 'ws');
  try {
    leaf = attach({ ticket, name, address });
  } catch (failure) {
    state.textContent = (failure as Error).message;
    return;
  }
  attachForm.hidden = true;
  state.textContent = 'Looking for the bridge …';
  leaf.on('attached', ({ bridge }) => (state.textContent = `Attached to ${bridge}.`));
  leaf.on('detached', ({ why }) => (state.textContent = `Detached (${why}); trying again.`));
  leaf.on('message', ({ name, sender, text }) => show('bdi', name ?? sender, text));
  leaf.on('said', ({ text }) => show('em', 'you', text));
  leaf.on('refused', ({ reason }) => show('em', 'not said', reason));
  sayForm.hidden = false;
});

sayForm.addEventListener('submit', (event) => {
  event.preventDefault();
  leaf?.say(textOf(sayForm, 'text'));
  sayForm.reset();
});

addEventListener('pagehide', () => leaf?.detach());
// Whoever goes back to it finds it as he left it, but for the leaf, which let go.
addEventListener('pageshow', ({ persisted }) => {
  if (persisted) location.reload();
});

function textOf(form: HTMLFormElement, field: string): string {
  return String(new FormData(form).get(field) ?? '');
}

/** Whatever somebody calls himself, his words look like nobody else's: his name keeps its direction to itself. */
function show(element: 'bdi' | 'em', who: string, text: string): void {
  const item = document.createElement('li');
  const name = document.createElement(element);
  name.textContent = who;
  item.append(name, `: ${text}`);
  messages.append(item);
  while (messages.childElementCount > SHOWN_MAX) messages.firstElementChild!.remove();
}
