/** Files that are whole or absent, and what to say when the disk refuses. Never blocks the loop. */
import { randomBytes } from 'node:crypto';
import { type FileHandle, mkdir, open, rename, stat, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { StoreError } from './store.ts';

export const DRAFT = '.tmp-';

export const codeOf = (error: unknown): string | undefined =>
  (error as NodeJS.ErrnoException | null)?.code;

const SENTENCES: Readonly<Record<string, string>> = {
  EACCES: 'this process may not write there',
  EPERM: 'the file system allows no hard links there, or this process may not write',
  EROFS: 'the file system is read-only',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the quota is used up',
  EFBIG: 'the file would be larger than allowed',
  ENOTDIR: 'a part of the path is not a directory',
  ENOENT: 'the directory is not there',
  EMFILE: 'this process has no descriptor left',
};

export function diskError(what: string, error: unknown): StoreError {
  if (error instanceof StoreError) return error;
  const code = codeOf(error);
  const why = SENTENCES[code ?? ''] ?? (error as Error).message;
  return new StoreError(`${what}: ${why}${code === undefined ? '' : ` (${code})`}`);
}

export async function removeQuietly(path: string): Promise<void> {
  await unlink(path).catch(() => undefined);
}

/** Not by mkdir's own recursion: where nothing can be made, as in /proc, that never ends. */
export async function makeDirectory(path: string, parents = true): Promise<void> {
  try {
    await mkdir(path, 0o750);
  } catch (error) {
    if (codeOf(error) === 'EEXIST' && (await stat(path)).isDirectory()) return;
    if (codeOf(error) !== 'ENOENT' || !parents || dirname(path) === path) throw error;
    await makeDirectory(dirname(path));
    await makeDirectory(path, false);
  }
}

async function using<T>(
  path: string,
  flags: string,
  work: (f: FileHandle) => Promise<T>,
): Promise<T> {
  const handle = await open(path, flags, 0o640);
  try {
    return await work(handle);
  } finally {
    await handle.close();
  }
}

const draftIn = (directory: string): string =>
  join(directory, `${DRAFT}${process.pid}-${randomBytes(6).toString('hex')}`);

/** A new file beside the one it is to become, on the disk before its name is. */
export async function writeDraft(directory: string, text: string): Promise<string> {
  const path = draftIn(directory);
  try {
    await using(path, 'wx', async (file) => {
      await file.writeFile(text);
      await file.sync();
    });
  } catch (error) {
    await removeQuietly(path);
    throw error;
  }
  return path;
}

export async function replace(directory: string, name: string, text: string): Promise<void> {
  const draft = await writeDraft(directory, text);
  try {
    await rename(draft, join(directory, name));
  } catch (error) {
    await removeQuietly(draft);
    throw error;
  }
}

/** So that a name outlives a loss of power. */
export const syncDirectory = (directory: string): Promise<void> =>
  using(directory, 'r', (handle) => handle.sync());

/** In one write at the end of the file, so lines of several writers don't mix. */
export const appendLine = (path: string, line: string): Promise<void> =>
  using(path, 'a', async (file) => {
    const bytes = Buffer.from(`${line}\n`);
    const { bytesWritten } = await file.write(bytes);
    if (bytesWritten < bytes.length)
      throw new StoreError(`${path}: only a part of a line was written: the disk is full`);
  });

/** By the clock that stamps the files there, which need not be this machine's. */
export async function directoryClockMs(directory: string): Promise<number> {
  const path = draftIn(directory);
  try {
    return await using(path, 'wx', async (file) => (await file.stat()).mtimeMs);
  } finally {
    await removeQuietly(path);
  }
}
