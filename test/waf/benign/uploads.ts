/** Files in forms: images, documents, tables. Their bytes only begin like the real thing. */
import type { Dice } from './dice.ts';
import type { Draft } from './request.ts';
import { CITIES, FIRST_NAMES, LAST_NAMES, SENTENCES } from './texts.ts';

interface Part {
  readonly name: string;
  readonly file?: { readonly name: string; readonly type: string };
  readonly content: Buffer;
}

const png = (dice: Dice): Buffer =>
  Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n\0\0\0\rIHDR', 'latin1'),
    dice.bytes(dice.int(200, 4000)),
  ]);

const jpeg = (dice: Dice): Buffer =>
  Buffer.concat([
    Buffer.from('\xff\xd8\xff\xe0\0\x10JFIF\0\x01\x01', 'latin1'),
    dice.bytes(dice.int(200, 4000)),
  ]);

const pdf = (dice: Dice): Buffer =>
  Buffer.concat([
    Buffer.from(
      '%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n4 0 obj\n<< /Length 900 /Filter /FlateDecode >>\nstream\n',
      'latin1',
    ),
    dice.bytes(900),
    Buffer.from('\nendstream\nendobj\ntrailer\n<< /Root 1 0 R >>\n%%EOF\n'),
  ]);

function csv(dice: Dice): Buffer {
  const rows = Array.from(
    { length: dice.int(3, 40) },
    () =>
      `${dice.int(1, 9999)};"${dice.pick(FIRST_NAMES)} ${dice.pick(LAST_NAMES)}";${dice.pick(CITIES)};${dice.date()};${(dice.next() * 1000).toFixed(2)}`,
  );
  return Buffer.from(`id;name;city;since;total\r\n${rows.join('\r\n')}\r\n`);
}

const text = (content: string): Buffer => Buffer.from(content);

const FILES: readonly ((dice: Dice) => Part)[] = [
  (dice) => ({
    name: 'avatar',
    file: { name: 'IMG_2041.png', type: 'image/png' },
    content: png(dice),
  }),
  (dice) => ({
    name: 'photo',
    file: { name: 'my holiday (1).jpg', type: 'image/jpeg' },
    content: jpeg(dice),
  }),
  (dice) => ({
    name: 'photo',
    file: { name: 'Foto_Köln.jpeg', type: 'image/jpeg' },
    content: jpeg(dice),
  }),
  (dice) => ({
    name: 'invoice',
    file: { name: `Rechnung-${dice.date()}.pdf`, type: 'application/pdf' },
    content: pdf(dice),
  }),
  (dice) => ({
    name: 'table',
    file: { name: 'customers.csv', type: 'text/csv' },
    content: csv(dice),
  }),
  (dice) => ({
    name: 'note',
    file: { name: 'notes.txt', type: 'text/plain' },
    content: text(`${dice.pick(SENTENCES)}\n${dice.pick(SENTENCES)}\n`),
  }),
];

function boundaryOf(dice: Dice): string {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
  return dice.pick([
    `----WebKitFormBoundary${dice.text(16, letters)}`,
    `----geckoformboundary${dice.hex(32)}`,
    `---------------------------${dice.digits(29)}`,
  ]);
}

function partOf({ name, file, content }: Part): Buffer {
  const named = file === undefined ? '' : `; filename="${file.name}"\r\nContent-Type: ${file.type}`;
  return Buffer.concat([
    Buffer.from(`Content-Disposition: form-data; name="${name}"${named}\r\n\r\n`),
    content,
    Buffer.from('\r\n'),
  ]);
}

export function upload(dice: Dice): Draft {
  const boundary = boundaryOf(dice);
  const fields: readonly Part[] = [
    { name: 'title', content: text(dice.pick(SENTENCES)) },
    { name: 'csrf_token', content: text(dice.base64Url(43)) },
    { name: 'public', content: text(dice.pick(['0', '1'])) },
  ];
  const files = dice.some(FILES, dice.int(1, 2)).map((make) => make(dice));
  const parts = [...dice.some(fields, dice.int(0, 3)), ...files];
  const chunks = parts.flatMap((part) => [Buffer.from(`--${boundary}\r\n`), partOf(part)]);
  return {
    method: 'POST',
    target: dice.pick(['/account/files', '/api/uploads', '/upload']),
    purpose: 'form',
    headers: [['Content-Type', `multipart/form-data; boundary=${boundary}`]],
    body: Buffer.concat([...chunks, Buffer.from(`--${boundary}--\r\n`)]),
  };
}
