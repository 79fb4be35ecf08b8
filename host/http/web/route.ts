/**
 * Route: which view the address names. It stands behind the hash, so that the server sees none of it.
 *
 *   #/map  #/map/NODE  #/chat  #/chat/CONVERSATION  #/chat/CONVERSATION/KEY  #/links  #/health
 *   #/record/events  #/record/events/NODE  #/record/packets  #/record/packets/KEY  #/join  #/fleet
 *   #/settings
 */
export type View = 'map' | 'chat' | 'links' | 'health' | 'record' | 'join' | 'fleet' | 'settings';
export type Route = { view: View } & PageProps;

/**
 * What a view is given: the node, or the conversation, or the part of the record that the address
 * names; and which message or packet of that.
 */
export type PageProps = { of: string | null; at: string | null };

export const VIEWS: View[] = [
  'map',
  'chat',
  'links',
  'health',
  'record',
  'join',
  'fleet',
  'settings',
];

export function routeOf(hash: string): Route {
  const [, view = '', of = '', at = ''] = hash.split('/');
  if (!VIEWS.includes(view as View)) return { view: 'map', of: null, at: null };
  return { view: view as View, of: decode(of), at: decode(at) };
}

export function hashOf(view: View, ...places: string[]): string {
  return ['#', view, ...places.map(encodeURIComponent)].join('/');
}

/** The code of a login link, `#login=CODE`. */
export function loginCodeOf(hash: string): string | null {
  return /^#login=(.+)$/.exec(hash)?.[1] ?? null;
}

/** Null for nothing. */
function decode(text: string): string | null {
  if (text === '') return null;
  try {
    return decodeURIComponent(text);
  } catch {
    // Somebody typed half an escape.
    return text;
  }
}
