/**
 * QR: a text as a picture that the camera of another device reads; nothing where it is too long for one.
 */
import { qrCode } from '../../../protocol/qr.ts';

/** Light around it, in modules, or no camera finds it. */
const MARGIN = 4;

export function Qr({ text, label }: { text: string; label: string }) {
  const modules = qrCode(text);
  if (modules === null) return null;
  const size = modules.length + 2 * MARGIN;
  const path = modules.flatMap((row, y) =>
    row.flatMap((isDark, x) => (isDark ? [`M${x + MARGIN} ${y + MARGIN}h1v1h-1z`] : [])),
  );
  return (
    <svg class="qr" viewBox={`0 0 ${size} ${size}`} role="img" aria-label={label}>
      <path d={path.join('')} shape-rendering="crispEdges" />
    </svg>
  );
}
