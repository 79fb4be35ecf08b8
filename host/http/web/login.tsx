/**
 * Login: what a browser without a token sees: how to get one.
 */
import { Waves } from './parts.tsx';

/** `failure`: why it is seen, in whole sentences; null where nothing was tried. */
export function Login({ failure }: { failure: string | null }) {
  return (
    <main class="login">
      <Waves />
      <h1>Hopline</h1>
      {failure !== null && (
        <p class="fault" role="alert">
          {failure}
        </p>
      )}
      <p>This page belongs to the bridge on this machine. To open it, ask the bridge for a link:</p>
      <pre>
        <code>hopline login</code>
      </pre>
      <p>
        Run it where the bridge runs, as the same user, and open the link that it prints. This
        browser stays logged in until you log out.
      </p>
    </main>
  );
}
