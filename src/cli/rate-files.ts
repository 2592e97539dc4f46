/** What is wrong with list files and the country database: a gate would go on without them. */
import { resolve } from 'node:path';
import type { Issue } from '../model/issue.ts';
import type { RateRoom } from '../rate/index.ts';
import { RateMemory } from '../rate/memory.ts';
import { type FileNews, RateFiles } from '../shell/rate/rate-files.ts';

export async function rateFileIssues(room: RateRoom, directory: string): Promise<Issue[]> {
  const issues: Issue[] = [];
  const files = new RateFiles(directory, new RateMemory({ k0: 0, k1: 0 }), (news) => {
    issues.push(...issuesOf(news, resolve(directory, news.file)));
  });
  files.follow(room);
  await files.look();
  return issues;
}

function issuesOf(news: FileNews, file: string): Issue[] {
  const base = { severity: 'error', file, line: 1, column: 1, path: [] } as const;
  if (news.kind === 'read') return [];
  if (news.kind === 'unreadable')
    return [{ ...base, code: 'rate-file', message: `it can't be read: ${news.message}` }];
  return news.problems.map(({ line, message }) => ({ ...base, line, code: 'rate-list', message }));
}
