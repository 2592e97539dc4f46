import type { Issue } from '../model/issue.ts';

/** `file:line:column: error: message (code)`, then what was found and expected. */
export function issueText(issue: Issue): string {
  const lines = [
    `${issue.file}:${issue.line}:${issue.column}: ${issue.severity}: ${issue.message} (${issue.code})`,
  ];
  if (issue.found !== undefined) lines.push(`    found:    ${issue.found}`);
  if (issue.expected !== undefined) lines.push(`    expected: ${issue.expected}`);
  if (issue.suggestion !== undefined) lines.push(`    did you mean: ${issue.suggestion}?`);
  return lines.join('\n');
}
