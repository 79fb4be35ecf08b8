/**
 * Audit view: who decided what here, the newest first, whether the record of it is whole, and all of it
 * to be taken along.
 */
import { useEffect, useState } from 'preact/hooks';
import type { AuditCheckView, AuditLineView } from '../views.ts';
import { useDeed, usePanel } from './hooks.ts';
import { Empty, Fault, Lamp } from './parts.tsx';
import { figure, fullTime, nameOf, plain, plural } from './words.ts';

/** Lines of one page, and of one when all are saved. */
const PAGE = 50;
const SAVE_PAGE = 1000;
/** What is named in a line may be a node, or anything else. */
const ID = /^[0-9a-f]{16}$/;

export function AuditView() {
  const { panel, state } = usePanel();
  const { peers = [] } = state.parts;
  const [lines, setLines] = useState<AuditLineView[] | null>(null);
  const [base, setBase] = useState(0);
  const [check, setCheck] = useState<AuditCheckView | null>(null);
  const [deed, perform] = useDeed();
  /** The page that ends with `last`; keys grow by one. */
  const read = async (last: number, held: AuditLineView[]): Promise<void> => {
    const after = Math.max(0, last - PAGE);
    const page = await panel.ask(() => panel.requests.audit(after, Math.min(PAGE, last)));
    setBase(page.base.key);
    setLines([...held, ...page.lines.toReversed()]);
  };
  useEffect(() => {
    void perform(async () => {
      const { requests } = panel;
      const { head } = await panel.ask(() => requests.audit(Number.MAX_SAFE_INTEGER, 1));
      if (head.key > 0) await read(head.key, []);
      else setLines([]);
      setCheck(await panel.ask(() => requests.checkAudit()));
    });
  }, [panel]);
  const named = (text: string): string => (ID.test(text) ? nameOf(peers, text) : text);
  const oldest = lines?.at(-1)?.key ?? 0;
  return (
    <section class="listing" aria-label="Audit">
      <div class="filters">
        <Whole check={check} />
        <button
          type="button"
          disabled={deed.isBusy || check === null}
          onClick={() =>
            void perform(() => save((after) => panel.requests.audit(after, SAVE_PAGE)))
          }
        >
          Save all of it
        </button>
      </div>
      <Fault deed={deed} />
      {lines?.length === 0 && (
        <Empty title="Nothing was decided yet">
          <p>Whoever blocks, verifies, invites, joins or changes a setting is named here.</p>
        </Empty>
      )}
      {lines !== null && lines.length > 0 && (
        <table>
          <thead>
            <tr>
              <th>Line</th>
              <th>When</th>
              <th>Who</th>
              <th>Did</th>
              <th>To</th>
              <th>Detail</th>
            </tr>
          </thead>
          <tbody>
            {lines.map(({ key, at, who, act, subject, detail }) => (
              <tr key={key} class={check?.flaw?.key === key ? 'open' : ''}>
                <td data-label="Line">{key}</td>
                <th scope="row">{at === null ? 'without a clock' : fullTime(at)}</th>
                <td data-label="Who">{named(who)}</td>
                <td data-label="Did">{plain(act)}</td>
                <td data-label="To">{named(subject)}</td>
                <td data-label="Detail">{detail}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {oldest > base + 1 && (
        <button
          type="button"
          class="older"
          disabled={deed.isBusy}
          onClick={() => void perform(() => read(oldest - 1, lines!))}
        >
          Earlier lines
        </button>
      )}
    </section>
  );
}

function Whole({ check }: { check: AuditCheckView | null }) {
  if (check === null) return <p role="status">Checking every line …</p>;
  const { lines, flaw } = check;
  return (
    <p role="status">
      {flaw === null ? (
        <Lamp is="on">Nobody changed it: {plural(lines, 'line')}, each as it was written.</Lamp>
      ) : (
        <Lamp is="bad">
          Somebody changed it: {flaw.why}. Only the {figure(lines)} lines before it hold.
        </Lamp>
      )}
    </p>
  );
}

/** A file of a line for each, as `hopline audit --json` prints them: whoever has it can check it. */
async function save(page: (after: number) => Promise<{ lines: AuditLineView[] }>): Promise<void> {
  const all: string[] = [];
  for (let after = 0; ;) {
    const { lines } = await page(after);
    for (const line of lines) all.push(`${JSON.stringify(line)}\n`);
    if (lines.length < SAVE_PAGE) break;
    after = lines[lines.length - 1].key;
  }
  const url = URL.createObjectURL(new Blob(all, { type: 'application/jsonl' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = 'audit.jsonl';
  link.click();
  URL.revokeObjectURL(url);
}
