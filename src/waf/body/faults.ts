/** Everything that can be wrong with a body, and whether it makes two readers differ. */

/** Of each code: ambiguous (see BodyFault), and what is told about it. */
const FAULTS = {
  'content-type-syntax': [true, 'the Content-Type field does not follow its grammar'],
  'content-type-parameter': [false, 'a parameter of the Content-Type field has no value'],
  'content-type-list': [true, 'the Content-Type field names more than one type'],
  'content-type-duplicate': [true, 'charset or boundary stands twice in the Content-Type field'],
  'content-type-extended': [
    true,
    'charset or boundary is written in the extended or continued form',
  ],
  charset: [true, 'the charset is not one of those that agree with ASCII'],

  'too-many-args': [true, 'more arguments than the limit'],
  'name-too-long': [true, 'a name is longer than the limit'],
  'value-too-long': [true, 'a value is longer than the limit'],

  'urlencoded-bad-escape': [false, 'a percent sign without two hexadecimal digits'],

  'json-bom': [false, 'JSON begins with a byte order mark'],
  'json-syntax': [true, 'this is no JSON'],
  'json-literal': [true, 'a number or a bare word that JSON does not have'],
  'json-escape': [true, 'an escape that JSON does not have'],
  'json-surrogate': [true, 'half of a surrogate pair'],
  'json-control': [true, 'a control character inside of a JSON string'],
  'json-utf8': [true, 'JSON is not UTF-8'],
  'json-duplicate-key': [true, 'a key stands twice in one object'],
  'json-depth': [true, 'JSON is nested deeper than the limit'],
  'json-trailing': [true, 'bytes after the JSON value'],
  'json-unfinished': [false, 'JSON ends too early'],

  'xml-syntax': [true, 'this is no well-formed XML'],
  'xml-character': [true, 'a character that XML does not have'],
  'xml-utf8': [true, 'XML is not in its declared encoding'],
  'xml-encoding': [true, 'XML is in an encoding that does not agree with ASCII'],
  'xml-doctype': [true, 'a document type with declarations or an external identifier'],
  'xml-entity': [true, 'an entity other than the five known ones, or no character'],
  'xml-duplicate-attribute': [true, 'an attribute stands twice in one element'],
  'xml-depth': [true, 'XML is nested deeper than the limit'],
  'xml-unfinished': [false, 'XML ends too early'],

  'multipart-boundary': [true, 'the boundary is absent, too long, or has characters it must not'],
  'multipart-boundary-line': [true, 'the boundary stands where it delimits nothing'],
  'multipart-boundary-padding': [true, 'blanks after a boundary'],
  'multipart-unmatched-boundary': [true, 'a line looks like the boundary and is not'],
  'multipart-no-final-boundary': [true, 'the final boundary is missing'],
  'multipart-preamble': [true, 'bytes before the first boundary'],
  'multipart-epilogue': [true, 'bytes after the final boundary'],
  'multipart-lf': [true, 'a line ends in LF alone'],
  'multipart-header': [true, 'a line of a part’s head is no header field'],
  'multipart-header-folding': [true, 'a header field of a part goes on in a second line'],
  'multipart-duplicate-header': [true, 'a header field stands twice in one part'],
  'multipart-headers-too-large': [true, 'the head of a part is larger than the limit'],
  'multipart-no-disposition': [true, 'a part is no form-data, or does not say its name'],
  'multipart-disposition': [true, 'Content-Disposition does not follow its grammar'],
  'multipart-duplicate-parameter': [true, 'a parameter of Content-Disposition stands twice'],
  'multipart-extended-parameter': [
    true,
    'an extended parameter says something else than the plain one',
  ],
  'multipart-quoting': [true, 'a name or file name is quoted in a way that readers differ about'],
  'multipart-empty-filename': [true, 'a part with an empty file name has content'],
  'multipart-transfer-encoding': [true, 'a part has a transfer encoding'],
  'multipart-nested': [true, 'a part is multipart itself'],
  'multipart-part-charset': [
    true,
    'the charset of a part is not one of those that agree with ASCII',
  ],
  'multipart-too-many-parts': [true, 'more parts than the limit'],
} as const satisfies Readonly<Record<string, readonly [ambiguous: boolean, message: string]>>;

export type FaultCode = keyof typeof FAULTS;

export function faultOf(
  code: FaultCode,
  at: number,
): { code: FaultCode; message: string; at: number; ambiguous: boolean } {
  const [ambiguous, message] = FAULTS[code];
  return { code, message, at, ambiguous };
}

export const FAULT_CODES = Object.keys(FAULTS) as readonly FaultCode[];
