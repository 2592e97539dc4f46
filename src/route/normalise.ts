const SLASH = 0x2f;
const DOT = 0x2e;
const PERCENT = 0x25;

/**
 * The path that rules are matched against: unreserved characters decoded, other escapes in upper
 * case, repeated slashes merged, dot segments removed (RFC 3986 6.2.2). An escaped slash stays
 * escaped: it is data, not structure. Made on a copy; what is forwarded is what was received.
 */
export function normalisePath(path: string): string {
  if (isNormal(path)) return path;
  const segments: string[] = [];
  const parts = decodeUnreserved(path).split('/');
  parts.forEach((part, i) => {
    const last = i === parts.length - 1;
    if (part === '..') segments.pop();
    if (part === '' || part === '.' || part === '..') {
      if (last) segments.push('');
      return;
    }
    segments.push(part);
  });
  return `/${segments.join('/')}`;
}

function isNormal(path: string): boolean {
  for (let i = 0; i < path.length; i++) {
    const c = path.charCodeAt(i);
    if (c === PERCENT) return false;
    if (c === SLASH && i + 1 < path.length) {
      const next = path.charCodeAt(i + 1);
      if (next === SLASH || next === DOT) return false;
    }
  }
  return true;
}

const decodeUnreserved = (path: string): string =>
  path.replace(/%([0-9A-Fa-f]{2})/g, (escaped, hex: string) => {
    const char = String.fromCharCode(Number.parseInt(hex, 16));
    return /[A-Za-z0-9._~-]/.test(char) ? char : escaped.toUpperCase();
  });
