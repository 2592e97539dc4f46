import { z } from 'zod';
import { SCHEMAS } from '../snapshot/compile.ts';
import { KINDS, type Kind } from '../snapshot/documents.ts';
import { EXIT, usageError } from './exit.ts';

/** JSON Schema for editors: of one kind, or of any document by its kind. */
export function schema(given: string | undefined): number {
  process.stdout.write(`${JSON.stringify(jsonSchema(given), null, 2)}\n`);
  return EXIT.ok;
}

function jsonSchema(given: string | undefined): unknown {
  const of = (kind: Kind): unknown =>
    z.toJSONSchema(SCHEMAS[kind], { io: 'input', unrepresentable: 'any' });
  if (given === undefined) {
    return {
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      title: 'zonegate',
      oneOf: KINDS.map(of),
    };
  }
  const kind = KINDS.find((k) => k.toLowerCase() === given.toLowerCase());
  if (kind === undefined) throw usageError(`no kind ${given}; there are ${KINDS.join(', ')}`);
  return of(kind);
}
