/**
 * Route: which view the address names. It stands behind the hash, so that the server sees none of it.
 *
 *   #/map  #/map/NODE  #/chat  #/chat/CONVERSATION  #/links  #/health  #/join  #/settings
 */
export type View = 'map' | 'chat' | 'links' | 'health' | 'join' | 'settings';
export type Route = { view: View; of: string | null };

/** What a view is given: the node, or the conversation, that the address names. */
export type PageProps = { of: string | null };

export const VIEWS: View[] = ['map', 'chat', 'links', 'health', 'join', 'settings'];

export function routeOf(hash: string): Route {
  const [, view = '', of = ''] = hash.split('/');
  if (!VIEWS.includes(view as View)) return { view: 'map', of: null };
  return { view: view as View, of: of === '' ? null : decode(of) };
}

export function hashOf(view: View, of: string | null = null): string {
  return of === null ? `#/${view}` : `#/${view}/${encodeURIComponent(of)}`;
}

/** The code of a login link, `#login=CODE`. */
export function loginCodeOf(hash: string): string | null {
  return /^#login=(.+)$/.exec(hash)?.[1] ?? null;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // Somebody typed half an escape.
    return text;
  }
}
