import { COLLECTIONS, type Collection, SCALARS, type Scalar } from '../ir.ts';

/** A variable of SecLang, in the form of the rules. */
export type Named =
  | { readonly kind: 'collection'; readonly name: Collection }
  | { readonly kind: 'scalar'; readonly name: Scalar };

const KNOWN: ReadonlyMap<string, Named> = new Map<string, Named>([
  ...COLLECTIONS.filter((name) => !name.startsWith('XML_')).map(
    (name) => [name, { kind: 'collection', name }] as const,
  ),
  ...SCALARS.map((name) => [name, { kind: 'scalar', name }] as const),
]);

/** In any case of letters; XML is not among them: its selector decides what it is. */
export const namedVariable = (name: string): Named | undefined => KNOWN.get(name.toUpperCase());

export const VARIABLE_NAMES: readonly string[] = [...KNOWN.keys(), 'XML'];

/** Of XML, what is not XPath. */
export function xmlCollection(selector: string): Collection | null {
  if (selector === '/*') return 'XML_TEXT';
  return selector === '//@*' ? 'XML_ATTRIBUTES' : null;
}

export function isNameByte(byte: number): boolean {
  const folded = byte | 0x20;
  return (folded >= 0x61 && folded <= 0x7a) || (byte >= 0x30 && byte <= 0x39) || byte === 0x5f;
}
