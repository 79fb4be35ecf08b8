/**
 * Unpad: a frame without its padding, or as it is where it does not end in padding.
 */
export function unpad(frame: Uint8Array): Uint8Array {
  const count = frame[frame.length - 1] ?? 0;
  if (count > frame.length) return frame;
  const end = frame.length - count;
  for (let at = end; at < frame.length; at++) if (frame[at] !== count) return frame;
  return frame.subarray(0, end);
}
