/** Times as people read them. */
export function agoText(atMs: number, nowMs: number): string {
  return `${new Date(atMs).toISOString().slice(0, 19)}Z (${spanText(nowMs - atMs)} ago)`;
}

export const untilText = (atMs: number, nowMs: number): string =>
  `until ${new Date(atMs).toISOString().slice(0, 19)}Z (in ${spanText(atMs - nowMs)})`;

export function spanText(ms: number): string {
  const s = Math.max(0, Math.round(ms / 1000));
  if (s < 120) return `${s} s`;
  if (s < 7200) return `${Math.round(s / 60)} min`;
  return s < 172_800 ? `${Math.round(s / 3600)} h` : `${Math.round(s / 86_400)} days`;
}
