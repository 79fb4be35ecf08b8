/**
 * Hooks: what views share: the panel, the address, the time, and the size of an element.
 */
import { createContext } from 'preact';
import type { RefObject } from 'preact';
import { useContext, useEffect, useLayoutEffect, useReducer, useRef, useState } from 'preact/hooks';
import { Frames } from './frames.ts';
import type { Panel } from './panel.ts';
import { routeOf } from './route.ts';
import type { Route } from './route.ts';
import type { Part, State } from './state.ts';

export const PanelContext = createContext<Panel | null>(null);

/** How soon a page that is not seen has its new title. */
const UNSEEN_MS = 250;

const FRAMES = new Frames(() => ({
  nextFrame:
    document.visibilityState === 'visible' ? (call) => void requestAnimationFrame(call) : null,
  later: (call) => void setTimeout(call, UNSEEN_MS),
}));

/** The panel and its state; whoever uses it is drawn again when that changes. */
export function usePanel(): { panel: Panel; state: State } {
  const panel = useContext(PanelContext)!;
  const [, draw] = useReducer((count: number, _: null) => count + 1, 0);
  useEffect(() => {
    const again = (): void => draw(null);
    const unlisten = panel.listen(() => FRAMES.ask(again));
    return () => {
      unlisten();
      FRAMES.forget(again);
    };
  }, [panel]);
  return { panel, state: panel.state };
}

export function useRoute(): Route {
  const [hash, setHash] = useState(location.hash);
  useEffect(() => {
    const changed = (): void => setHash(location.hash);
    addEventListener('hashchange', changed);
    return () => removeEventListener('hashchange', changed);
  }, []);
  return routeOf(hash);
}

/** Unix ms, new every `everyMs`. */
export function useNow(everyMs: number): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return now;
}

/** Has parts read again and again while the page is seen. */
export function useFresh(parts: Part[], everyMs: number): void {
  const { panel } = usePanel();
  const names = parts.join();
  useEffect(() => {
    const read = (): void => {
      if (document.visibilityState === 'visible') panel.refresh(names.split(',') as Part[]);
    };
    read();
    const timer = setInterval(read, everyMs);
    return () => clearInterval(timer);
  }, [panel, names, everyMs]);
}

/**
 * Calls `read` at once and then again and again, while the page is seen and `isOn`; never twice at once.
 * What `read` depends on is in `depends`.
 */
export function usePolled(
  read: () => Promise<unknown>,
  everyMs: number,
  depends: unknown[],
  isOn = true,
): void {
  const isVisible = useVisible();
  const latest = useRef(read);
  latest.current = read;
  useEffect(() => {
    if (!isVisible || !isOn) return;
    let isOver = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const next = async (): Promise<void> => {
      await latest.current();
      if (!isOver) timer = setTimeout(next, everyMs);
    };
    void next();
    return () => {
      isOver = true;
      clearTimeout(timer);
    };
  }, [isVisible, isOn, everyMs, ...depends]);
}

export function useVisible(): boolean {
  const [isVisible, setVisible] = useState(document.visibilityState === 'visible');
  useEffect(() => {
    const changed = (): void => setVisible(document.visibilityState === 'visible');
    document.addEventListener('visibilitychange', changed);
    return () => document.removeEventListener('visibilitychange', changed);
  }, []);
  return isVisible;
}

export type Size = { width: number; height: number };

/**
 * Without padding, known before anything is painted: what was drawn for no size at all would be seen. `of`
 * says which element it is, where there may be another.
 */
export function useSize<Kind extends Element>(of?: unknown): [RefObject<Kind | null>, Size] {
  const element = useRef<Kind>(null);
  const [size, setSize] = useState<Size>({ width: 0, height: 0 });
  useLayoutEffect(() => {
    if (element.current !== null) {
      const { width, height } = element.current.getBoundingClientRect();
      setSize({ width, height });
    }
    const observer = new ResizeObserver(([entry]) => {
      const { width, height } = entry.contentRect;
      setSize({ width, height });
    });
    if (element.current !== null) observer.observe(element.current);
    return () => observer.disconnect();
  }, [of]);
  return [element, size];
}

/** Something a person asked for: whether it is under way, and the sentence that says why it failed. */
export type Deed = { isBusy: boolean; failure: string | null };

export function useDeed(): [Deed, (work: () => Promise<unknown>) => Promise<boolean>] {
  const [deed, setDeed] = useState<Deed>({ isBusy: false, failure: null });
  const pressed = useRef<HTMLButtonElement | null>(null);
  // A button that is busy loses the focus: it has it again, unless a person went on meanwhile.
  useLayoutEffect(() => {
    if (!deed.isBusy && document.activeElement === document.body) pressed.current?.focus();
  }, [deed.isBusy]);
  const perform = async (work: () => Promise<unknown>): Promise<boolean> => {
    const { activeElement } = document;
    pressed.current = activeElement instanceof HTMLButtonElement ? activeElement : null;
    setDeed({ isBusy: true, failure: null });
    try {
      await work();
      setDeed({ isBusy: false, failure: null });
      return true;
    } catch (failure) {
      setDeed({ isBusy: false, failure: (failure as Error).message });
      return false;
    }
  };
  return [deed, perform];
}
