/**
 * Marked text: a sentence of the document, with what stands in backticks as code.
 */
export function MarkedText({ text }: { text: string }) {
  const parts = text.split('`');
  return <>{parts.map((part, at) => (at % 2 === 1 ? <code key={at}>{part}</code> : part))}</>;
}
