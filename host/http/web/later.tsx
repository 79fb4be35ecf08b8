/**
 * Later: a view whose program is loaded when it is first looked at, so that a phone has the map and the
 * chat soon.
 */
import type { FunctionComponent } from 'preact';
import { useEffect, useState } from 'preact/hooks';

export function later<Props extends object>(
  load: () => Promise<FunctionComponent<Props>>,
): FunctionComponent<Props> {
  let loaded: FunctionComponent<Props> | null = null;
  return function Later(props: Props) {
    const [View, setView] = useState(() => loaded);
    const [hasFailed, setFailed] = useState(false);
    useEffect(() => {
      if (loaded !== null) return;
      load().then(
        (view) => {
          loaded = view;
          setView(() => view);
        },
        () => setFailed(true),
      );
    }, []);
    if (View !== null) return <View {...props} />;
    return hasFailed ? (
      <p class="asking" role="alert">
        This view cannot be loaded: the bridge does not answer, or is a newer one. Reload the page.
      </p>
    ) : (
      <p class="asking">Loading …</p>
    );
  };
}
